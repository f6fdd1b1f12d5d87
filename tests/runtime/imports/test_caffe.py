"""Nets of Caffe: the files of a training and of a deployment become the same spec."""

import re
from pathlib import Path

import numpy as np
import pytest

from lenet.dsl.errors import LenetError
from lenet.runtime.imports.caffe.imported import import_caffe

HEAD = {
    "deploy": 'input: "data"\ninput_dim: 1 input_dim: 3 input_dim: 29 input_dim: 29\n',
    "shape": 'input: "data" input_shape { dim: 10, dim: 3; dim: 29 dim: 29 }\n',
    "layer": 'layer { name: "data" type: "Input" top: "data" '
    "input_param { shape: { dim: [1, 3, 29, 29] } } }\n",
    "train": """layer {
  name: "train" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { mirror: true crop_size: 29 mean_value: 104 mean_value: 117 mean_value: 123 }
}
layer { name: "test" type: 'Data' top: "data" top: "label" include { phase: TEST } }
""",
}
BODY = """# a comment
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 }
  convolution_param { num_output: 8 kernel_size: 3 stride: 2 bias_term: false } }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1"
  batch_norm_param { use_global_stats: true } }
layer { name: "scale1" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "pool2" type: "Pooling" bottom: "pool1" top: "pool2"
  pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "norm" type: "LRN" bottom: "pool2" top: "norm" lrn_param { alpha: 0.0001 } }
layer { name: "a" type: "Convolution" bottom: "norm" top: "a"
  convolution_param { num_output: 6 kernel_h: 1 kernel_w: 3 pad_h: 0 pad_w: 1 group: 2 } }
layer { name: "b" type: "Convolution" bottom: "norm" top: "b"
  convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "relub" type: "ReLU" bottom: "b" top: "b" relu_param { negative_slope: 0.2 } }
layer { name: "cat" type: "Concat" bottom: "a" bottom: "b" top: "cat" }
layer { name: "sum" type: "Eltwise" bottom: "cat" bottom: "norm" top: "sum" }
layer { name: "half" type: "Dropout" bottom: "sum" top: "sum" dropout_param { dropout_ratio: 0.4 } }
layer { name: "fc8" type: "InnerProduct" bottom: "sum" top: "fc8"
  inner_product_param { num_output: 5 } }
"""
END = {
    "deploy": 'layer { name: "prob" type: "Softmax" bottom: "fc8" top: "prob" }\n',
    "train": 'layer { type: "Accuracy" bottom: "fc8" bottom: "label" top: "accuracy" }\n'
    'layer { type: "SoftmaxWithLoss" bottom: "fc8" bottom: "label" top: "loss" }\n',
}
NET = """\
input 3x29x29
conv 8x3x3 stride 2 bias no                -> 8x14x14
batchnorm momentum 0.001
relu
maxpool 3 stride 2 round up     as pool1   -> 8x7x7
avgpool 2 round up              as pool2   -> 8x4x4
lrn 5
add                             as sum
  path
    concat
      path
        conv 6x1x3 pad 0x1 groups 2
      path
        conv 2x1x1
        leakyrelu slope 0.2
  path
dropout 0.4
flatten                                    -> 128
linear 5                        as fc8
logsoftmax
"""


def squeezed(text: str) -> list[str]:
    """Its lines, without the columns that names and shapes stand in."""
    return [re.sub(r"(?<=\S)  +", " ", line) for line in text.splitlines()]


def spec(folder: Path, text: str, shape: tuple[int, ...] | None = None) -> str:
    path = folder / "net.prototxt"
    path.write_text(text)
    return import_caffe(path, shape).written.text


@pytest.mark.parametrize("head", HEAD)
@pytest.mark.parametrize("end", END)
def test_a_net(head: str, end: str, tmp_path: Path) -> None:
    comment, _, found = spec(tmp_path, HEAD[head] + BODY + END[end]).partition("\n\n")
    assert squeezed(found) == squeezed(NET)
    told = "Its images there are bytes less 104 117 123." in comment
    assert told == (head == "train") and "blue, green, red" in comment


def test_the_older_form(tmp_path: Path) -> None:
    """Words in capitals, a list `layers`, and grey images."""
    text = """
input: "data" input_dim: 64 input_dim: 1 input_dim: 8 input_dim: 8
layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layers { name: "t" type: TANH bottom: "c" top: "t" }
layers { name: "i" type: INNER_PRODUCT bottom: "t" top: "i" inner_product_param { num_output: 2 } }
layers { name: "l" type: SOFTMAX_LOSS bottom: "i" bottom: "label" }
"""
    found = spec(tmp_path, text).split("\n\n")[1]
    assert [line.split(" ->")[0].split(" as")[0].strip() for line in found.splitlines()] == [
        "input 1x8x8", "conv 4x3x3", "tanh", "flatten", "linear 2", "logsoftmax",
    ]  # fmt: skip


def test_the_rest(tmp_path: Path) -> None:
    text = (
        HEAD["deploy"]
        + """
layer { name: "s" type: "Slice" bottom: "data" top: "x" top: "y" slice_param { slice_point: 1 } }
layer { name: "p" type: "PReLU" bottom: "x" top: "p" prelu_param { channel_shared: true } }
layer { name: "e" type: "ELU" bottom: "y" top: "e" elu_param { alpha: 0.5 } }
layer { name: "k" type: "Concat" bottom: "p" bottom: "e" top: "k" concat_param { axis: 1 } }
layer { name: "d" type: "Deconvolution" bottom: "k" top: "d"
  convolution_param { num_output: 2 kernel_size: 4 stride: 2 pad: 1 } }
layer { name: "f" type: "Scale" bottom: "d" top: "f" }
layer { name: "c" type: "Clip" bottom: "f" top: "c" clip_param { min: -2 max: 2 } }
layer { name: "g" type: "Pooling" bottom: "c" top: "g"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "r" type: "Reshape" bottom: "g" top: "r" reshape_param { shape { dim: 0 dim: -1 } } }
layer { name: "prob" type: "Sigmoid" bottom: "r" top: "prob" }
"""
    )
    found = spec(tmp_path, text).split("\n\n")[1]
    lines = [line.split(" ->")[0].split(" as")[0].strip() for line in found.splitlines()]
    assert lines == [
        "input 3x29x29", "concat", "path", "slice 0 to 1", "prelu shared", "path", "slice 1",
        "elu alpha 0.5", "upconv 2x4x4 stride 2 pad 1", "layerscale", "hardtanh low (-2) high 2",
        "avgpool all", "flatten", "sigmoid",
    ]  # fmt: skip


def test_all_that_is_not_read_is_told_at_once(tmp_path: Path) -> None:
    text = HEAD["deploy"] + BODY.replace('"LRN"', '"MVN"').replace("AVE", "STOCHASTIC")
    text = text.replace("group: 2", "group: 3").replace('"Eltwise"', '"Power"')
    with pytest.raises(LenetError) as error:
        spec(tmp_path, text)
    assert error.value.detail.split("\n") == [
        "line 12 (pool2): Pooling, whose pool is STOCHASTIC",
        "line 14 (norm): there is no MVN",
        "line 15 (a): Convolution, which would be `conv 6x1x3 pad 0x1 groups 3` behind 8x7x7: "
        "3 groups do not divide the 8 channels that it gives",
        "line 21 (sum): there is no Power",
    ]


@pytest.mark.parametrize(("text", "told"), [
    ("", "It has no layers."),
    ("layer {", "Line 1 has `{`"),
    ("layer }", "Line 1 has `}`"),
    ("name: 'x' \x01", "cannot be read"),
    ("layer: [ 1, {", "cannot be read"),
    ("layer" + "{ layer " * 60, "cannot be read"),
    ('layer { type: "ReLU" bottom: "data" top: "x" }', "--input 3x224x224"),
    (HEAD["deploy"] + 'layer { type: "Silence" bottom: "data" }', "no layer that reads the input"),
    (HEAD["deploy"] + 'layer { type: "ReLU" bottom: "other" top: "x" }', "reads nothing"),
    (HEAD["deploy"].replace("29", "x") + BODY, "is no whole number"),
])  # fmt: skip
def test_damaged_files(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(LenetError) as error:
        spec(tmp_path, text)
    assert told in "\n".join([str(error.value), error.value.fix])


def test_changed_files(tmp_path: Path) -> None:
    """One message, whatever is wrong."""
    whole, random = HEAD["train"] + BODY + END["train"], np.random.default_rng(1)
    for _ in range(60):
        text = list(whole)
        for place in random.integers(0, len(text), 3):
            text[place] = random.choice(list('{}:"[]<> 9x-'))
        try:
            spec(tmp_path, "".join(text))
        except LenetError as error:
            assert error.title

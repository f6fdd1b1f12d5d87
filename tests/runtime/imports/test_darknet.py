"""Nets of Darknet: a cfg becomes a spec, and its weights give what Darknet computes."""

from pathlib import Path

import numpy as np
import pytest
from onnx_nets import run
from scipy.special import softmax

from lenet.dsl.errors import LenetError
from lenet.runtime.imports.darknet.imported import import_darknet
from lenet.runtime.imports.weighted import model_of
from lenet.runtime.models.onnx_file import onnx_bytes

CFG = """\
[net]
# a comment
batch=64
subdivisions=2
height=12
width=12
channels=3
momentum=0.95
decay=0.0005
learning_rate=0.1
policy=steps
steps=100,200
scales=.1,.5
burn_in=10
max_batches = 300
angle=7
wiggle=1

[conv]
batch_normalize=1
filters=8
size=3
pad=1
activation=leaky
paddding=2

[max]
size=2
stride=2

[convolutional]
filters=4
size=1
activation=relu

[convolutional]
filters=8
size=3
pad=1
activation=linear

[shortcut]
from=-3
activation=mish

[maxpool]
size=2
stride=1

[route]
layers=-1, 1

[route]
layers=-1
groups=2
group_id=1

[upsample]
stride=2

[convolutional]
batch_normalize=1
groups=8
filters=8
size=3
stride=2
pad=1
activation=swish

[avgpool]

[dropout]
probability=.25

[connected]
output=5
activation=linear

[softmax]

[cost]
type=sse
"""
SPEC = """\
# The net of net.cfg.

input 3x12x12
conv 8x3x3 pad 1 bias no
batchnorm epsilon 0.000001
leakyrelu slope 0.1
maxpool 2                             -> 8x6x6
concat
  path
    add
      path
        conv 4x1x1
        relu
        conv 8x3x3 pad 1
      path
    mish
    maxpool 2 stride 1 pad same
  path
slice 8
upsample 2                            -> 8x12x12
depthwise 3 stride 2 pad 1 bias no    -> 8x6x6
batchnorm epsilon 0.000001
silu
avgpool all                           -> 8
dropout 0.25
linear 5
logsoftmax

train
  optimizer sgd momentum 0.95 weight_decay 0.0005
  rate 0.1 0.01 0.005 at 100 200 iterations warmup 10 iterations
  batch 64
  stop after 300 iterations
"""


def cfg(folder: Path, text: str = CFG) -> Path:
    path = folder / "net.cfg"
    path.write_text(text)
    return path


def test_a_net(tmp_path: Path) -> None:
    found = import_darknet(cfg(tmp_path))
    assert found.written.text == SPEC
    assert found.ignored == ((17, "wiggle=1"), (25, "paddding=2"))
    assert found.left == ((4, "subdivisions=2"), (16, "angle=7"))
    assert not found.weighted


def test_weights_give_the_same_numbers(tmp_path: Path) -> None:
    """Against Darknet's formulas: it divides by the deviation plus 0.000001, also where that is
    next to nothing."""
    random = np.random.default_rng(1)
    text = "[net]\nheight=4\nwidth=5\nchannels=3\n[convolutional]\nbatch_normalize=1\nfilters=6\n" \
           "size=1\nactivation=leaky\n[connected]\noutput=4\nbatch_normalize=1\n" \
           "activation=logistic\n[connected]\noutput=3\nactivation=linear\n[softmax]\n"  # fmt: skip
    parts = {name: random.normal(0, 1, size).astype("<f4") for name, size in (
        ("shift", 6), ("scale", 6), ("mean", 6), ("variance", 6), ("weight", 18), ("shift2", 4),
        ("weight2", 480), ("scale2", 4), ("mean2", 4), ("variance2", 4), ("bias3", 3),
        ("weight3", 12))}  # fmt: skip
    parts["variance"] = np.array([1e-14, 1e-9, 0.1, 1, 2, 3], "<f4")
    parts["mean"][:2] = 0
    parts["scale"][:2] *= 1e-5
    parts["variance2"] = np.abs(parts["variance2"])
    head = np.array([0, 2, 0], "<i4").tobytes() + np.array([7], "<i8").tobytes()
    data = head + b"".join(own.tobytes() for own in parts.values())
    weights = tmp_path / "net.weights"
    weights.write_bytes(data)
    found = import_darknet(cfg(tmp_path, text), weights)
    model = model_of(found.written, "net")
    images = random.uniform(0, 1, (2, 3, 4, 5))

    p = {name: own.astype(np.float64) for name, own in parts.items()}

    def normalized(x: np.ndarray, end: str, axes: tuple[int, ...]) -> np.ndarray:
        scale, mean, variance, shift = (
            p[name + end].reshape(axes) for name in ("scale", "mean", "variance", "shift")
        )
        return (x - mean) / (np.sqrt(variance) + 1e-6) * scale + shift

    x = np.einsum("oi,nihw->nohw", p["weight"].reshape(6, 3), images)
    x = normalized(x, "", (-1, 1, 1))
    x = np.where(x > 0, x, 0.1 * x).reshape(2, -1)
    x = normalized(x @ p["weight2"].reshape(4, 120).T, "2", (-1,))
    x = 1 / (1 + np.exp(-x)) @ p["weight3"].reshape(3, 4).T + p["bias3"]
    given = (images * 255).astype(np.float32)
    np.testing.assert_allclose(run(onnx_bytes(model), given), softmax(x, axis=1), rtol=1e-4)

    weights.write_bytes(data + b"1234")
    with pytest.raises(LenetError, match="has more weights than the net"):
        import_darknet(cfg(tmp_path, text), weights)
    weights.write_bytes(data[:-4])
    with pytest.raises(LenetError, match="for which the file of weights has too few"):
        import_darknet(cfg(tmp_path, text), weights)
    for bad in (b"", data[:13], b"\xff" * 40, data[:-4] + np.array([np.nan], "<f4").tobytes()):
        weights.write_bytes(bad)
        with pytest.raises(LenetError, match="not a readable file|are no numbers"):
            import_darknet(cfg(tmp_path, text), weights)


def test_all_that_is_not_read_is_told_at_once(tmp_path: Path) -> None:
    text = CFG.replace("[cost]", "[yolo]").replace("mish", "loggy").replace("from=-3", "from=-30")
    text = text.replace("filters=4", "filters=four")
    with pytest.raises(LenetError) as error:
        import_darknet(cfg(tmp_path, text))
    assert error.value.detail.split("\n") == [
        "line 31: [convolutional], whose filters is four, no number",
        "line 42: [shortcut], of section -30, which there is not before it",
        "line 81: there is no [yolo]",
    ]


@pytest.mark.parametrize(("text", "told"), [
    ("", "does not begin with [net]"),
    ("[convolutional]\nfilters=3\n", "does not begin with [net]"),
    ("[net]\nheight 4\n", "Line 2 is `height 4`."),
    ("[net]\nchannels=3\n[avgpool]\n", "--input 3x224x224"),
    ("[net]\nheight=4\nwidth=4\npolicy=mine\n[avgpool]\n", "whose policy is mine"),
    ("[net]\nheight=4\nwidth=4\npolicy=steps\nsteps=1,2\nscales=1\n[avgpool]\n", "not as many"),
    ("[net]\nheight=4\nwidth=4\n[convolutional]\nsize=9\nfilters=1\n", "conv 1x9x9"),
    ("[net]\nheight=1e99\nwidth=4\n[avgpool]\n", "whose height is 1e+99"),
])  # fmt: skip
def test_damaged_files(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(LenetError) as error:
        import_darknet(cfg(tmp_path, text))
    assert told in "\n".join([str(error.value), error.value.fix])

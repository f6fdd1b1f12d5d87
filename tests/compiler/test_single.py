"""Single images: a program of its own, with the same bits as the one for batches."""

import re

import numpy as np
import pytest
from test_kernels import CHAINS, relative

from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.target import Target
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.predictor import SINGLE, Predictor
from nets import make_case, spec_of, variations

NETS = {
    "columns and channels": "input 2x17x18; conv 3x3x2; tanh; conv 37x3x3; sigmoid; "
    "conv 3x2x2 stride 2x3; softmax; reshape 90; linear 19 bias no; relu; linear 4",
    "padding": "input 1x9x11; conv 5x3x5 pad 1x2; maxpool 3 stride 2 pad 1; relu; "
    "conv 17x3x3 pad 2x0 stride 1x2 bias no; avgpool 2x1 stride 1x2; reshape 102; linear 3",
    "dilated and in groups": "input 2x19x17; conv 6x3x2 dilate 2x3 pad 1; tanh; conv 9x3x3 "
    "groups 3 pad 1; relu; conv 6x3x3 groups 3 stride 2 dilate 1x2 pad 2; tanh; conv 34x2x3 "
    "groups 2 stride 1x2 pad same; relu; conv 34x3x3 groups 34 stride 2x3 pad same; tanh; "
    "maxpool 2 stride 1 pad same; flatten; linear 3",
    "depthwise": "input 3x19x17; depthwise 3 pad same; tanh; depthwise 3x4 stride 2x3 pad 1 "
    "multiplier 2; relu; depthwise 2x3 dilate 2x1 stride 1x2 pad same bias no; flatten; linear 3",
    "transposed": "input 3x6x7; upconv 5x3x3 stride 2 pad same; tanh; upconv 4x2x4 stride 1x3 "
    "pad 1 extra 0x2; relu; upconv 3x3x2 dilate 2x3 stride 3x2 bias no; tanh; upconv 2x1x1 "
    "stride 2; flatten; linear 3",
    "transposed by wide strides": "input 3x2x3; upconv 4x16x16 stride 8 pad same; tanh; "
    "maxpool 4; upconv 2x7x9 stride 5x4 pad 4x3 dilate 2x1; flatten; linear 3",
    "each side by itself": "input 2x9x8; conv 4x3x3 top 2 left 1; tanh; depthwise 3 bottom 2 "
    "right 1 stride 2; maxpool 2 bottom 1 stride 1; flatten; linear 3",
    "all of a map": "input 3x6x7; conv 4x6x1; avgpool all; dropout 0.5; linear 21; tanh; softmax",
    "flattened": "input 2x5x4; conv 3x2x2; flatten; tanh; concat; .path; ..flatten; .path; "
    "..linear 8; ..reshape 2x2x2; ..conv 3x1x1; ..flatten; linear 4",
    "pools that round up": "input 2x13x40; maxpool 3x2 stride 2 pad 1 round up; avgpool 3 "
    "stride 2 round up; tanh; maxpool 3x4 round up; maxpool all; linear 3",
    "one value a channel": "input 3x7x8; conv 5x2x2; multiply; .path; .path; ..avgpool all; "
    "..linear 5; ..sigmoid; add; .path; ..conv 5x6x7; .path; .path; ..maxpool all; flatten; "
    "linear 3",
    "moved and made larger": "input 3x5x6; conv 6x2x2; pad 1 right 2; crop 5x6; relu; shuffle 3; "
    "slice 1 to 5; upsample 2x3 bilinear; conv 4x3x3; upsample 3; shuffle 2; crop left 1; flatten; "
    "slice 7; linear 3",
    "activations": "input 2x9x11; conv 3x2x2; prelu; gelu; conv 5x3x3; silu; prelu shared; mish; "
    "softplus; flatten; linear 17; elu; gelu tanh; prelu; hardswish; linear 5; selu; linear 3",
    "trained factors": "input 2x9x11; layerscale; conv 3x2x2; relu; layerscale 0.5; flatten; "
    "linear 17; layerscale; linear 3",
    "normalized images": "input 3x5x7; layernorm; conv 6x3x3 pad 1; groupnorm 3; relu; "
    "instancenorm; layernorm all; instancenorm affine; reshape 210; linear 19; layernorm; "
    "groupnorm 19; linear 3",
    "sequences": "input 5x19; position waves; conv 12x3; attention 3 causal; relu; position; "
    "attention 4; last; linear 3",
    "local responses": "input 3x5x7; lrn; conv 6x3x3; lrn 3 alpha 2 beta 0.7; noise 0.5; "
    "reshape 90; lrn 7; dropout channels 0.2; linear 3",
    "by places": "input 3x19x17; conv 48x3x3 pad 1; relu; maxpool 3 stride 2 pad 1; depthwise 3 "
    "pad same; tanh; conv 50x1x1; add; .path; ..conv 50x3x2 pad same; ..batchnorm; .path; relu; "
    "avgpool 3 stride 2 round up; concat; .path; .path; ..conv 33x3x2 stride 2x1 pad same; ..relu; "
    "..upsample 2x1; ..crop 5x4; batchnorm; conv 64x1x1; multiply; .path; .path; ..avgpool all; "
    "..linear 64; ..sigmoid; flatten; linear 3",
    "places far apart": "input 40x5x6; conv 256x3x3 pad same dilate 2; batchnorm; relu; depthwise "
    "3x2 stride 2 pad same; maxpool 2 stride 1; conv 256x1x1 bias no; concat; .path; .path; ..conv "
    "32x1x1; avgpool all; linear 3",
    "by winograd": "input 3x35x33; conv 32x3x3 pad same; relu; conv 48x3x3 pad same algorithm "
    "winograd; relu6; conv 80x5x5 pad 2x1 algorithm winograd bias no; maxpool 2; conv 32x3x3 top 2 "
    "right 1 algorithm winograd; conv 256x3x3 algorithm winograd; avgpool all; linear 3",
    "paths added to convolutions": "input 3x19x17; conv 48x3x3 pad same; relu; add; .path; .path; "
    "..conv 48x3x3 pad same algorithm winograd bias no; relu6; add; .path; ..conv 37x1x1; ..conv "
    "48x1x1; .path; ..conv 48x3x3 pad same algorithm winograd; relu; add; .path; ..conv 50x3x3 "
    "stride 2; ..relu; ..conv 70x1x1; .path; ..conv 70x3x3 stride 2; add; .path; ..conv 70x1x1; "
    ".path; avgpool all; linear 3",
    "paths that layers add": "input 3x19x17; conv 48x3x3 pad same; relu; add; .path; .path; ..conv "
    "48x3x3 pad same; tanh; add; .path; .path; ..conv 48x2x2 pad same groups 2; relu; add; .path; "
    ".path; ..conv 48x1x1; ..relu; add; .path; .path; ..conv 48x1x1; .path; ..tanh; add; "
    ".path; .path; ..conv 48x1x1; ..maxpool all; conv 48x3x3; add; .path; ..conv 16x1x1; .path; "
    "..conv 16x1x1; avgpool all; linear 3",
    "normalized maps": "input 2x9x11; concat; .path; .path; ..conv 3x1x1; batchnorm; tanh; "
    "batchnorm; flatten; linear 3",
    "in wide groups": "input 4x9x8; conv 80x2x2; tanh; conv 80x3x3 groups 2 stride 2 pad same; "
    "tanh; depthwise 5 stride 2 pad 2; conv 72x2x2 groups 2 bias no; flatten; linear 3",
    "many outputs": "input 521; linear 700; relu; linear 1029 bias no; tanh; linear 3",
    "pools of wide strides": "input 1x12x40; conv 1x1x1; maxpool 2x1 stride 1x3; "
    "avgpool 3x5 stride 4x2; reshape 15; linear 2",
}


# Of each of these, tests/compiler/test_kernels.py has the most.
LARGE = {
    "activations", "all of a map", "moved and made larger", "padding", "pools that round up",
    "transposed by wide strides",
}  # fmt: skip


@pytest.mark.parametrize("name", variations(NETS, LARGE))
def test_the_same_bits_as_in_a_batch(name: str) -> None:
    case = make_case(spec_of(NETS[name]), images=5)
    np.testing.assert_array_equal(case.single_outputs(), case.outputs())


@pytest.mark.parametrize(
    "name",
    ["by places", "by winograd", "paths added to convolutions", "places far apart", "many outputs"],
)
def test_threads_that_share_an_image_give_the_same_bits(name: str) -> None:
    case = make_case(spec_of(NETS[name]), images=3)
    alone = case.single_outputs()
    assert np.isfinite(alone).all()
    for threads in (2, 3, 5):
        np.testing.assert_array_equal(case.single_outputs(threads), alone)


@pytest.mark.parametrize("threads", [1, 3])
def test_large_maps_are_predicted_one_by_one(threads: int) -> None:
    """Sixteen of them would not fit into a cache."""
    spec = "input 32x65x65\nconv 64x3x3 pad same\nrelu\nmaxpool 8\nflatten\nlinear 3\n"
    program = compile_graph(make_case(spec, images=1).graph)
    assert not program.one_by_one  # Winograd's transforms are worth more
    case = make_case(spec.replace("32x65", "8x65").replace("64x3x3", "64x2x2"), images=9)
    assert case.loaded.program.one_by_one
    predictor = Predictor(case.loaded, threads).take(case.weights)
    pixels = case.pixels.reshape(len(case.pixels), -1)
    normalization = Normalization(*case.normalization())
    expected = case.outputs()
    for count in (len(pixels), 1, 8):
        got = predictor.outputs(pixels[:count], normalization)
        np.testing.assert_array_equal(got, expected[:count])
    predictor.take(case.weights * 2)
    again = predictor.outputs(pixels, normalization)
    assert (again != expected).any()
    np.testing.assert_array_equal(again[:1], predictor.outputs(pixels[:1], normalization))


@pytest.mark.parametrize("width", [4, 16])
@pytest.mark.parametrize("name", ["columns and channels", "by places", "by winograd"])
def test_other_registers_give_the_same_bits(name: str, width: int) -> None:
    case = make_case(spec_of(NETS[name]), images=2)
    expected = case.single_outputs()
    case.loaded = load(compile_graph(case.graph, Target("other", 32, width)))
    np.testing.assert_array_equal(case.single_outputs(), expected)


def test_winograd_is_for_wide_maps_by_places() -> None:
    """Others take direct sums, which may differ in the last bits."""
    case = make_case(CHAINS["winograd"].replace("; ", "\n"), images=3)
    assert relative(case.single_outputs(), case.outputs()) < 1e-5
    own, others = "_single_into(arena, x, scratch, unit", "transform_places("
    assert own not in case.loaded.program.source
    wide = make_case(spec_of(NETS["by winograd"]), images=1).loaded.program.source
    assert wide.count(own) == 4 and others in wide
    for size, pays in ((7, False), (14, True)):  # the weights of so many channels are many
        net = f"input 3x{size}x{size}; conv 512x1x1; conv 512x3x3 pad same algorithm winograd"
        graph = make_case(spec_of(f"{net}; avgpool all; linear 3"), images=1).graph
        assert (own in compile_graph(graph).source) == pays


def test_convolutions_add_the_path_that_is_there() -> None:
    """The last of two, without groups and activations, if what is behind the sum is a bound."""

    def with_two(name: str) -> set[str]:
        source = make_case(spec_of(NETS[name]), images=1).loaded.program.source
        return set(re.findall(r"def (\w+)_single\(arena, .*x1, ", source))

    added = {f"add{k}_path2_conv1" for k in (1, 2, 3)}
    assert with_two("paths added to convolutions") == added | {"add4_path1_conv1"}
    assert with_two("paths that layers add") == {f"add{k}" for k in range(1, 7)}


def test_the_predictor_takes_a_few_images_one_by_one() -> None:
    case = make_case(NETS["padding"].replace("; ", "\n"), images=SINGLE + 2)
    predictor = Predictor(case.loaded, 2).take(case.weights)
    pixels = case.pixels.reshape(len(case.pixels), -1)
    normalization = Normalization(*case.normalization())
    expected = case.outputs()
    for count in range(len(pixels) + 1):
        got = predictor.outputs(pixels[:count], normalization)
        np.testing.assert_array_equal(got, expected[:count])


def test_a_layer_may_be_called_like_the_modules_functions() -> None:
    text = "input 6\nlinear 4 as predict\ntanh as loss\nlinear 3 as take\nlogsoftmax as train\n"
    case = make_case(text)
    np.testing.assert_array_equal(case.single_outputs(), case.outputs())
    assert case.kernels()[0] > 0

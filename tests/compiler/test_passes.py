"""Each pass: a graph before and after as text, and the same numbers with and without it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lenet.compiler import pipeline
from lenet.compiler.kernels.convolution import pooled_gradient
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.compiler.passes import FOR_PREDICTION, PASSES
from lenet.compiler.passes.quantize import quantize
from lenet.compiler.verify import verify_graph
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph, draw
from nets import make_case, spec_of, variations

# For each pass a net that it changes.
NETS = {
    "sequences_as_maps": "input 3x9; conv 4x2; relu; lstm 5 last; linear 3; logsoftmax",
    "part_recurrent": "input 3x9; gru 4 layers 2; lstm 5 both ways; lstm 6 both ways layers 2 "
    "last; linear 3; logsoftmax",
    "attention_as_products": "input 4x9; attention 2 causal; tanh; attention 1; last; linear 3; "
    "logsoftmax",
    "end_in_probabilities": "input 2x4x4; conv 3x2x2; tanh; reshape 27; linear 3",
    "pool_before_activation": "input 2x9x9; conv 3x2x2; tanh; relu; maxpool 2; reshape 48; "
    "linear 3; logsoftmax",
    "fold_normalizations": "input 2x5x5; conv 3x2x2 bias no; batchnorm; relu; maxpool 2; "
    "batchnorm; reshape 12; linear 6; batchnorm epsilon 0.1; batchnorm; sigmoid; linear 3; "
    "logsoftmax",
    "choose_algorithm": "input 3x8x8; conv 48x3x3 pad 1; relu; conv 48x3x3 pad 1; conv 3x3x3 "
    "stride 2; reshape 27; linear 3; logsoftmax",
    "pack_weights": "input 3x9x7; conv 40x3x3; relu; conv 37x1x1; tanh; conv 33x1x1 stride 2 bias "
    "no; conv 5x1x1 pad 1; maxpool 2; flatten; linear 3; logsoftmax",
    "fuse_activations": "input 2x4x4; maxpool 2; tanh; sigmoid; relu; reshape 8; linear 5; tanh; "
    "tanh; linear 3; logsoftmax",
    "fuse_convolutions": "input 2x13x12; conv 5x3x3 pad 1; maxpool 2x3 stride 3x3; tanh; sigmoid; "
    "conv 4x2x2 pad 1; avgpool 3x2 stride 2x1; relu; conv 7x1x1; tanh; conv 3x1x1; "
    "maxpool 2 stride 1 pad 1; reshape 45; linear 3; logsoftmax",
    "fuse_elementwise": "input 2x5x5; conv 3x2x2 bias no; batchnorm; relu; tanh; reshape 48; "
    "linear 6; batchnorm; batchnorm; sigmoid; add; .path; .path; ..linear 6; relu; multiply; "
    ".path; ..tanh; .path; ..linear 6; tanh; sigmoid; linear 3; logsoftmax",
    "fuse_separable": "input 3x9x7; conv 40x3x3 pad 1; depthwise 3 pad 1; relu; conv 37x1x1; "
    "depthwise 3 pad 1 stride 2 bias no; relu6; conv 33x1x1; tanh; depthwise 2 multiplier 2 pad 1; "
    "conv 34x1x1 bias no; relu; maxpool 2; flatten; linear 3; logsoftmax",
}
# What kernels cannot do without.
NEEDED = ("sequences_as_maps", "part_recurrent", "attention_as_products", "end_in_probabilities")
# Whose kernels test_kernels.py has without them, too.
OFTEN = ("choose_algorithm", "fuse_elementwise", "pool_before_activation")
Golden = Callable[[str, str], None]


def net(name: str) -> str:
    return spec_of(NETS[name])


def before(name: str) -> Graph:
    """The graph that the pass is given."""
    graph = check_graph(net(name), "test.lenet")
    for function in PASSES:
        if function.__name__ == name:
            break
        if function not in FOR_PREDICTION or name == "fuse_separable":
            graph = function(graph)
    return graph


def test_every_pass_is_here() -> None:
    assert list(NETS) == [function.__name__ for function in PASSES]
    files = {path.stem for path in (Path(__file__).parent / "passes").glob("*.txt")}
    assert files == set(NETS)


@pytest.mark.parametrize("function", PASSES, ids=lambda function: function.__name__)
def test_before_and_after(function: Callable[[Graph], Graph], golden: Golden) -> None:
    graph = before(function.__name__)
    after = function(graph)
    verify_graph(after, function.__name__)
    assert after != graph and function(after) == after
    text = f"before\n\n{draw(graph)}\nafter\n\n{draw(after)}"
    golden(f"compiler/passes/{function.__name__}.txt", text)


@pytest.mark.parametrize("name", variations([n for n in NETS if n not in NEEDED], OFTEN))
def test_a_pass_changes_no_number(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a bit, but for Winograd's transforms, the gradients around a pool, and those that are
    summed window by window: see the next test."""
    monkeypatch.setattr(pooled_gradient, "pays", lambda geometry, epilogue: False)
    case = make_case(net(name))
    others = tuple(function for function in PASSES if function.__name__ != name)
    if name == "choose_algorithm":
        plain = make_case(net(name).replace("pad 1", "pad 1 algorithm direct"))
    else:
        monkeypatch.setattr(pipeline, "PASSES", others)
        plain = make_case(net(name))
    assert plain.loaded.program.source != case.loaded.program.source
    exact = name.startswith("fuse") or name == "pack_weights"
    (loss, gradients, _), (other_loss, other_gradients, _) = case.kernels(), plain.kernels()
    if exact:
        np.testing.assert_array_equal(case.outputs(), plain.outputs())
        assert loss == other_loss
    np.testing.assert_allclose(case.outputs(), plain.outputs(), rtol=1e-5, atol=1e-6)
    for tensor, value in gradients.items():
        if exact:
            np.testing.assert_array_equal(value, other_gradients[tensor], tensor)
        scale = np.abs(other_gradients[tensor]).max()
        np.testing.assert_allclose(value, other_gradients[tensor], atol=2e-5 * scale, rtol=1e-5)


ALONE = {function.__name__ for function in FOR_PREDICTION}  # which this net has nothing for
BY_INPUT = (
    "input 2x9x9; conv 3x3x3 pad 1; gelu; tanh; silu; conv 4x2x2 pad 1; maxpool 2 stride 1; mish; "
    "batchnorm; relu; hardswish; instancenorm; gelu tanh; layernorm; silu; reshape 324; linear 6; "
    "gelu; silu; linear 6; add; .path; ..linear 6; .path; silu; relu; gelu; gelu; linear 3; "
    "logsoftmax"
)


@pytest.mark.large
@pytest.mark.parametrize("name", [n for n in NETS if n.startswith("fuse_") and n not in ALONE])
def test_fusing_what_needs_its_input(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Activations whose derivative does not follow from their output: not a bit changes."""
    case = make_case(spec_of(BY_INPUT))
    others = tuple(function for function in PASSES if function.__name__ != name)
    monkeypatch.setattr(pipeline, "PASSES", others)
    plain = make_case(spec_of(BY_INPUT))
    assert plain.loaded.program.source != case.loaded.program.source
    (loss, gradients, _), (other_loss, other_gradients, _) = case.kernels(), plain.kernels()
    assert loss == other_loss
    np.testing.assert_array_equal(case.outputs(), plain.outputs())
    for tensor, value in gradients.items():
        np.testing.assert_array_equal(value, other_gradients[tensor], tensor)


def test_sums_window_by_window_change_only_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(net("fuse_convolutions"))
    monkeypatch.setattr(pooled_gradient, "pays", lambda geometry, epilogue: False)
    plain = make_case(net("fuse_convolutions"))
    assert case.loaded.program.source != plain.loaded.program.source
    (loss, gradients, _), (other_loss, others, _) = case.kernels(), plain.kernels()
    assert loss == other_loss
    for tensor, value in gradients.items():
        scale = np.abs(others[tensor]).max()
        np.testing.assert_allclose(value, others[tensor], atol=1e-6 * scale, rtol=1e-6)


def test_the_algorithm_follows_from_the_shape_alone() -> None:
    graph = pipeline.run_passes(before("choose_algorithm"))
    algorithms = [n.arguments["algorithm"] for n in graph.nodes if n.kind == "conv"]
    assert algorithms == ["direct", "winograd", "direct"]


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("input 64x8x8\nconv 64x3x3 pad 1", "winograd"),
        ("input 32x8x8\nconv 32x5x5", "winograd-forward"),  # the way back has four times the tiles
        ("input 16x4x4\nconv 16x5x5 pad 4", "winograd-backward"),  # here it has a fourth of them
        ("input 8x8x8\nconv 16x3x3 pad 1", "winograd-forward-backward"),
        ("input 16x32x32\nconv 16x3x3 pad 1", "winograd"),
        ("input 8x32x32\nconv 8x3x3 pad 1", "direct"),
        ("input 1x8x8\nconv 2x5x5 algorithm winograd", "winograd"),
        ("input 64x8x8\nconv 64x3x3 pad 1 algorithm direct", "direct"),
    ],
)
def test_each_way_has_its_algorithm(spec: str, algorithm: str) -> None:
    graph = pipeline.run_passes(check_graph(spec, "test.lenet"))
    assert graph.nodes[1].arguments["algorithm"] == algorithm


def test_pools_that_overlap_are_fused_as_well() -> None:
    spec = "input 1x9x9\nconv 2x1x1\nmaxpool 3 stride 2\nconv 2x1x1\nmaxpool 2 stride 2 pad 1"
    kinds = [n.kind for n in pipeline.run_passes(check_graph(spec, "x")).nodes]
    assert kinds == ["input", "conv", "conv", "logsoftmax"]


def test_layers_that_compute_of_bytes_are_parted_from_others() -> None:
    graph = check_graph(net("fuse_separable"), "test.lenet")
    assert "conv2" in {node.name for node in pipeline.integer_layers(graph)}
    parted = quantize(pipeline.run_passes(graph, predicting=True), {"conv2"})
    verify_graph(parted, "quantize")
    kinds = ["input", "conv", "depthwise", "conv", "separable", "separable"]
    assert [node.kind for node in parted.nodes[:6]] == kinds
    assert [node.name for node in parted.nodes if INTEGER in node.arguments] == ["conv2"]

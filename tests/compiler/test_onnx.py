"""Every layer as ONNX Runtime computes it, against the float64 reference: nothing is compiled."""

from pathlib import Path

import numpy as np
import pytest
from generated import generate
from onnx_nets import likely_tensors, onnx_outputs
from test_kernels import CHAINS
from test_texts import TEXTS, rows_of

from lenet.compiler.onnx import written_by
from lenet.compiler.passes.end_in_probabilities import end_in_probabilities
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from lenet.dsl.registry import layers
from lenet.dsl.shapes import as_image
from nets import ACTIVATIONS, reference_net, spec_of

FOLDER = Path(__file__).parents[2] / "compiler" / "onnx"
MORE = {
    "vectors": "input 12; groupnorm 3; lrn 4; layernorm all; shuffle 4; slice 2 to 9; softmax; "
    "batchnorm; concat; .path; .path; ..linear 3; logsoftmax",
    "a window of an even number of channels": "input 7x3x2; lrn 4 alpha 0.5 beta 2 k 1.5; lrn 1",
    "upconv on each side": "input 2x4x5; upconv 3x3x4 stride 2x3 pad 1x2 extra 1x2; "
    "upconv 2x3x2 dilate 2 bias no; upconv 2x2x2 stride 3 pad same",
    "convolutions on each side": "input 4x9x8; conv 6x3x3 top 2 left 1 dilate 2 groups 2; "
    "depthwise 3x2 multiplier 2 bottom 1 right 2 stride 2 bias no; conv 3x2x2 pad same stride 2",
    "vectors beside maps": "input 3x4x5; multiply; .path; ..avgpool all; .path; .path; "
    "..maxpool all; ..reshape 3x1x1; add; .path; ..maxpool all; .path; noise 0.2; "
    "stochasticdepth 0.3; dropout channels 0.5",
    "for training only": "input 5; noise 1; dropout 0.5",
    "sequences with a state": "input 3x7; lstm 4 both ways layers 2; gru 5; tanh; gru 4 both ways; "
    "lstm 3 last",
    "the ends of both ways": "input 3x7; gru 4 both ways last layers 2",
    "a sequence": "input 4x7; conv 6x1; position waves; attention 3 causal",
    "mixtures": "input 2x3x4; upsample 3x2 bilinear; upsample 2; upsample 1x4 bilinear",
}  # fmt: skip


def difference(graph: Graph, images: int = 3) -> float:
    """The largest one of all outputs, in the size of the largest output."""
    tensors = likely_tensors(graph)
    values = np.random.default_rng(1).normal(0, 1.5, (images, *graph.input)).astype(np.float32)
    if any(given.kind for given in graph.inputs):
        values = rows_of(graph)
    maps = values.reshape(-1, *as_image(graph.input)) if len(graph.input) == 2 else values
    expected = reference_net(graph, tensors, running=True).forward(maps)
    found = onnx_outputs(graph, tensors, values)
    assert found.shape == (len(values), *graph.output)
    expected = expected.reshape(found.shape)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("chain", [*CHAINS.values(), *MORE.values(), *TEXTS.values()],
                         ids=[*CHAINS, *MORE, *TEXTS])  # fmt: skip
def test_a_chain(chain: str) -> None:
    assert difference(check_graph(spec_of(chain), "t")) < 1e-5


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation(name: str) -> None:
    """Of maps and of vectors."""
    example = layers()[name].example
    chain = f"input 2x4x4; conv 3x2x2; {example}; reshape 27; {example}; linear 9; {example}"
    assert difference(check_graph(spec_of(chain), "t")) < 1e-5


@pytest.mark.parametrize("name", [name for name in layers() if layers()[name].elementwise])
def test_values_far_from_zero(name: str) -> None:
    """Nothing overflows on the way to what is none."""
    graph = check_graph(spec_of(f"input 6; {layers()[name].example}"), "t")
    values = np.array([[-1e4, -200, -30, 30, 200, 1e4]], np.float32)
    expected = reference_net(graph, {}).forward(values)
    np.testing.assert_allclose(onnx_outputs(graph, {}, values), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_a_generated_net(seed: int) -> None:
    assert difference(check_graph(generate(seed, 9).text, "t")) < 1e-5


def test_every_layer_is_written_and_tried() -> None:
    """In a module of its name, as what passes make; and no module is of anything else."""
    tried = {node.kind for chain in [*CHAINS.values(), *MORE.values(), *TEXTS.values()]
             for node in check_graph(spec_of(chain), "t").nodes} | set(ACTIVATIONS)  # fmt: skip
    assert tried == set(layers())
    assert {path.stem for path in FOLDER.glob("[!_]*.py")} == {*layers(), "logposterior"} - {
        "input"
    }
    assert written_by("nothing-of-that-name") is None


def test_the_posterior_of_distances() -> None:
    """With the rubbish class, whose distance is 0.1."""
    graph = check_graph("input 4\nrbf 5\ntrain\n  loss map\n  rate 0.1\n", "t")
    tensors = likely_tensors(graph)
    values = np.random.default_rng(1).normal(0, 1, (6, 4)).astype(np.float32)
    distances = reference_net(graph, tensors).forward(values)
    total = np.exp(-0.1) + np.exp(-distances).sum(axis=1, keepdims=True)
    found = onnx_outputs(end_in_probabilities(graph), tensors, values)
    np.testing.assert_allclose(found, -distances - np.log(total), rtol=1e-5, atol=1e-5)

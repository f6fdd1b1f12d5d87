"""Layers with a state: lstm and gru, both ways, in several layers, of series and of texts."""

from dataclasses import dataclass

import numpy as np
import pytest
from onnx_nets import onnx_outputs
from test_kernels import log_probabilities, relative

import reference
from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Node
from lenet.runtime.training.parameters import initial_weights, to_tensors
from nets import Case, make_case, spec_of

SERIES = "input 3x10; lstm 17 both ways; tanh; gru 5 layers 2 last; linear 3"
TEXTS = "input 6 words of 20; embed 5; conv 4x2; gru 3 both ways; lstm 4 both ways last; linear 3"


def test_series_against_the_reference() -> None:
    """Five blocks, of which four are one group, in batches and one by one."""
    case = make_case(spec_of(SERIES), images=70)
    expected_loss, expected, _ = case.reference.gradients(
        case.values(), case.labels, "crossentropy"
    )
    loss, gradients, _ = case.kernels()
    assert loss == pytest.approx(expected_loss, rel=2e-5)
    assert set(gradients) == set(expected)
    for name, value in expected.items():
        assert np.abs(gradients[name] - value).max() < 3e-5 * np.abs(value).max(), name
    outputs = case.outputs()
    scores = log_probabilities(case.predicting.forward(case.values()), "linear")
    assert relative(outputs, scores) < 1e-5
    np.testing.assert_array_equal(case.single_outputs(), outputs)


@dataclass
class Texts(Case):
    """Codes are taken as they are."""

    def normalization(self) -> tuple[np.ndarray, np.ndarray]:
        return np.ones(1, np.float32), np.zeros(1, np.float32)


def texts_case() -> Texts:
    """Texts of all lengths, from none to as many words as there is room for."""
    graph = check_graph(spec_of(TEXTS), "test.lenet")
    loaded = load(compile_graph(graph))
    weights = initial_weights(loaded.program, 1)
    random = np.random.default_rng(0)
    codes = np.full((37, 6), -1, np.float32)
    for k, text in enumerate(codes):
        words = 1 if k >= 32 else k % 7  # the last block has short ones alone
        text[:words] = random.integers(0, 20, words)
    tensors = to_tensors(loaded.program, weights)
    # Windows of two words: a text of one word has one step, that of none has none.
    words = (codes >= 0).sum(axis=1)
    known = np.maximum(words - 1, np.minimum(words, 1))
    layers = [layer_of(node, tensors, known) for node in graph.nodes[2:]]
    net = reference.Net(layers)
    labels = random.integers(0, 3, 37).astype(np.int32)
    return Texts(graph, loaded, weights, codes, labels, net, net)


def layer_of(node: Node, tensors: dict[str, np.ndarray], known: np.ndarray) -> tuple:
    own = {p.name: tensors[f"{node.name}.{p.name}"] for p in node.parameters}
    attributes = {**node.arguments, "known": known}
    if node.kind == "conv":
        attributes = {"kernel": (1, 2), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1),
                      "groups": 1, "bias": True}  # fmt: skip
    return node.name, node.kind, attributes, own


def test_texts_against_the_reference() -> None:
    """The state stays where the padding begins, and begins where it ends."""
    case = texts_case()
    table = to_tensors(case.loaded.program, case.weights)["embed1.weight"]
    codes = case.pixels.astype(int)
    vectors = np.where(codes[..., None] >= 0, table[codes], 0).transpose(0, 2, 1)[:, :, None]
    expected_loss, expected, slopes = case.reference.gradients(vectors, case.labels, "crossentropy")
    of_table = np.zeros(table.shape)
    for image, step in zip(*np.nonzero(codes >= 0), strict=True):
        of_table[codes[image, step]] += slopes[image, :, 0, step]
    loss, gradients, _ = case.kernels()
    assert loss == pytest.approx(expected_loss, rel=2e-5)
    for name, value in {**expected, "embed1.weight": of_table}.items():
        assert np.abs(gradients[name] - value).max() < 3e-5 * np.abs(value).max(), name
    outputs = case.outputs()
    scores = log_probabilities(case.reference.forward(vectors), "linear")
    assert relative(outputs, scores) < 1e-5
    np.testing.assert_array_equal(case.single_outputs(), outputs)
    # What lies in the padding of a text does not count: no other word does.
    _, few, _ = case.kernels(np.arange(32, 37))
    assert few["embed1.weight"][np.setdiff1d(np.arange(20), codes[32:, 0])].max() == 0


def test_texts_in_onnx() -> None:
    """ONNX's own operations, with the lengths of the texts."""
    case = texts_case()
    tensors = to_tensors(case.loaded.program, case.weights)
    found = onnx_outputs(case.graph, tensors, case.pixels)
    assert relative(case.outputs(), log_probabilities(found, "linear")) < 1e-5

"""Nets that read words and categories: kernels against the reference, for texts of all lengths."""

import numpy as np
import pytest
from test_kernels import relative

from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from nets import make_case, spec_of, variations

TEXTS = {
    "attention": "input 9 words of 7; embed 6 with other; position; add; .path; ..layernorm; "
    "..attention 2; .path; attention 3 causal; concat; .path; ..last; .path; ..maxpool all; "
    ".path; ..avgpool all; linear 3",
    "attention of many words": "input 61 words of 7; embed 4; conv 4x3; attention 1; tanh; "
    "attention 2 causal; avgpool all; linear 3",
    "attention that mixes padding in": "input 9 words of 7; embed 6; attention 2; flatten; "
    "linear 3",
    "windows": "input 9 words of 7; concat; .path; ..embed 5; ..conv 4x3; ..relu; ..maxpool all; "
    ".path; ..onehot; ..conv 3x2 causal; ..avgpool all; .path; ..bag; linear 3",
    "categories": "input a one of 5; input b some of 6; input c 3 numbers; concat; .path; ..dot; "
    "...path from a; ....embed 4; ...path from b; ....embed 4; .path from a; ..onehot; "
    ".path from b; ..onehot; .path from a; ..embed 2 with other; .path from c; linear 3",
}  # fmt: skip


def rows_of(graph: Graph, count: int = 37) -> np.ndarray:
    """Made-up rows: texts of all lengths, without words too, and words that nobody knows."""
    random, parts = np.random.default_rng(2), []
    for given in graph.inputs:
        size = int(np.prod(given.shape))
        if given.entry is not None and given.entry.set:
            part = random.integers(0, 2, (count, size)).astype(float)
            part[0] = 0
        elif given.has_codes:
            part = random.integers(0, given.of + 1, (count, size)).astype(float)
            if given.entry is not None and given.entry.many:
                lengths = (np.arange(count) * 5) % (size + 1)
                part[np.arange(size) >= lengths[:, None]] = -1
        else:
            part = random.normal(0, 1, (count, size))
        parts.append(part)
    return np.concatenate(parts, axis=1).astype(np.float32)


@pytest.mark.parametrize("name", variations(TEXTS, ["attention of many words"]))
def test_against_reference(name: str) -> None:
    """Gradients, predictions, and the same bits for each row by itself."""
    spec = spec_of(TEXTS[name])
    case = make_case(spec, values=rows_of(check_graph(spec, "t")))
    expected_loss, expected, _ = case.reference.gradients(
        case.values(), case.labels, "crossentropy"
    )
    loss, got, _ = case.kernels()
    assert loss == pytest.approx(expected_loss, rel=2e-5)
    assert set(got) == set(expected)
    for tensor, value in expected.items():
        assert relative(got[tensor], value) < 3e-5, tensor
    np.testing.assert_array_equal(case.single_outputs(), case.outputs())
    scores = case.predicting.forward(case.values())
    probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    assert relative(case.outputs(), probabilities) < 1e-5

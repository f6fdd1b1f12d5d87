"""Gradients at the input, against central differences of the float64 reference."""

import numpy as np
import pytest

from lenet.runtime.training.input_gradient import InputGradient
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import to_tensors
from nets import Case, make_case, spec_of, variations

IMAGES, DIRECTIONS, STEP = 19, 12, 1e-5  # more images than one block
CHAINS = {
    "pools and what is for training only": "input 1x13x13; noise 0.3; conv 5x3x3; tanh; maxpool 2; "
    "dropout 0.5; flatten; linear 6; silu; dropout 0.3; linear 4; softmax",
    "running statistics": "input 2x6x6; batchnorm; conv 4x3x3 pad 1 bias no; batchnorm; tanh; add; "
    ".path; ..batchnorm; ..silu; ..stochasticdepth 0.4; .path; groupnorm 2; gelu; avgpool all; "
    "linear 3",
    "an input that several read": "input 2x5x5; concat; .path; .path; ..maxpool 3 stride 1 pad 1; "
    ".path; ..layerscale 0.5; flatten; linear 4; logsoftmax",
}  # fmt: skip


def pixels_of(case: Case) -> np.ndarray:
    """Where there are not too many, no two of an image are alike: the larger of two equal ones has
    no derivative."""
    shape = case.graph.input
    size = int(np.prod(shape))
    random = np.random.default_rng(2)
    rows = [random.permutation(256)[:size] for _ in range(IMAGES)]
    return np.array(rows, np.uint8).reshape(IMAGES, *shape) if size <= 256 else case.pixels


def outputs(case: Case, values: np.ndarray) -> np.ndarray:
    """With the layer that a net of plain scores gets for its loss."""
    found = case.predicting.forward(values)
    if case.graph.nodes[-1].kind == "linear":
        found = found - np.log(np.exp(found).sum(axis=1, keepdims=True))
    return found


@pytest.mark.parametrize("name", variations(CHAINS, ["pools and what is for training only"]))
def test_against_differences(name: str) -> None:
    case = make_case(spec_of(CHAINS[name]), images=IMAGES)
    case.pixels = pixels_of(case)
    random = np.random.default_rng(1)
    slopes = random.normal(0, 1, (IMAGES, case.graph.output[0])).astype(np.float32)
    gradient = InputGradient(case.graph, to_tensors(case.loaded.program, case.weights))
    normalization = Normalization(*case.normalization())
    found = gradient.of(case.pixels.reshape(IMAGES, -1), normalization, slopes)
    values = case.values()
    for _ in range(DIRECTIONS):
        apart = random.normal(0, 1, values.shape)
        sums = [(outputs(case, values + k * STEP * apart) * slopes).sum(axis=1) for k in (1, -1)]
        expected = (sums[0] - sums[1]) / (2 * STEP)
        got = (found * apart.reshape(IMAGES, -1)).sum(axis=1)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())

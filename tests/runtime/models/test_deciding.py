"""Which pixels decided, of linear nets, of which it is known."""

import numpy as np
import pytest

from lenet.runtime.models.deciding import decided, windows_of
from lenet.runtime.models.model import Model

SHAPE, CLASSES = (2, 5, 6), 3
RNG = np.random.default_rng(3)
WEIGHT = RNG.normal(0, 0.3, (CLASSES, 60)).astype(np.float32)
BIAS = RNG.normal(0, 1, CLASSES).astype(np.float32)
MEAN, DEVIATION = (0.3, 0.5), (0.2, 0.4)


def model(end: str, data: str = "", answers: tuple | None = None) -> Model:
    tensors = {"score.weight": WEIGHT, "score.bias": BIAS}
    source = f"input 2x5x6\nflatten\nlinear {CLASSES} as score\n{end}{data}"
    names = ("a", "b", "c")
    return Model(source, tensors, names, 1 / 255, MEAN, DEVIATION, answers=answers)


ENDS = {
    "log-probabilities": model("logsoftmax\n"),
    "probabilities": model("softmax\n"),
    "numbers": model("", "train\n  loss mse\n  rate 0.1\n", ((0.0,) * 3, (1.0,) * 3)),
}


def slopes_of(name: str, outputs: np.ndarray) -> np.ndarray:
    """How the score changes with each value: of classes against the mean of all."""
    weights = WEIGHT.astype(np.float64)
    if name != "numbers":
        weights = weights - weights.mean(axis=0)
    return weights[outputs].reshape(-1, *SHAPE)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("probabilities", np.uint8), ("log-probabilities", np.float32), ("numbers", np.uint8)],
)
def test_a_linear_net_is_the_sum_of_its_pixels(name: str, dtype: type) -> None:
    pixels = RNG.integers(0, 256, (4, *SHAPE)).astype(np.uint8)
    if dtype is np.float32:
        pixels = (pixels / 255).astype(np.float32)
    outputs = np.array([0, 2, 1, 1])
    found = decided(ENDS[name], pixels, outputs)
    scale = 1 / 255 if dtype is np.uint8 else 1.0
    mean, deviation = (np.array(v)[:, None, None] for v in (MEAN, DEVIATION))
    parts = slopes_of(name, outputs) * (pixels * scale - mean) / deviation
    assert found.gradient is not None
    np.testing.assert_allclose(found.gradient, parts.sum(axis=1), rtol=1e-3, atol=2e-4)
    # What is hidden has the mean, of bytes the nearest one.
    hidden = np.rint(mean * 255) / 255 if dtype is np.uint8 else mean
    lost = (slopes_of(name, outputs) * (pixels * scale - hidden) / deviation).sum(axis=1)
    (high, wide), places = windows_of(*SHAPE[1:])
    falls, times = np.zeros_like(lost), np.zeros(SHAPE[1:])
    for row, column in places:
        here = np.s_[row : row + high, column : column + wide]
        falls[:, *here] += lost[:, *here].sum(axis=(1, 2))[:, None, None]
        times[here] += 1
    np.testing.assert_allclose(found.occlusion, falls / times, rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (8, 8), (28, 28), (5, 6), (224, 200), (3, 90)]
)
def test_windows_cover_all_places(height: int, width: int) -> None:
    (high, wide), places = windows_of(height, width)
    seen = np.zeros((height, width), bool)
    for row, column in places:
        assert row + high <= height and column + wide <= width
        seen[row : row + high, column : column + wide] = True
    assert seen.all() and len(set(places)) == len(places) <= 400


def test_a_score_that_is_beyond_doubt_has_a_gradient() -> None:
    """Of a probability that float32 cannot tell from 1."""
    sure = model("softmax\n")
    sure = Model(
        sure.source, {"score.weight": 100 * WEIGHT, "score.bias": BIAS}, sure.classes, 1 / 255,
        MEAN, DEVIATION,
    )  # fmt: skip
    pixels = RNG.integers(0, 256, (9, *SHAPE)).astype(np.uint8)
    said = sure.outputs(pixels)
    assert said.max() == 1.0
    outputs = said.argmax(axis=1)
    found = decided(sure, pixels, outputs)
    mean, deviation = (np.array(v)[:, None, None] for v in (MEAN, DEVIATION))
    parts = 100 * slopes_of("probabilities", outputs) * (pixels / 255 - mean) / deviation
    np.testing.assert_allclose(found.gradient, parts.sum(axis=1), rtol=1e-3, atol=2e-2)

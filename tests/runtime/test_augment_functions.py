"""What augmentations compute with, beside the libraries' functions, which may differ in a bit."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from lenet.runtime.augmentations.functions import exponential, normal, tangent
from lenet.runtime.augmentations.gaussian import smoothed, weights_of
from lenet.runtime.augmentations.sampling import identities, sample, still


def test_exponential_and_tangent() -> None:
    for x in np.linspace(-40, 40, 500):
        assert exponential(x) == pytest.approx(math.exp(x), rel=1e-13)
    for x in np.linspace(-1.5, 1.5, 500):
        assert tangent(x) == pytest.approx(math.tan(x), rel=1e-13, abs=1e-16)


def test_normal_numbers_are_quantiles() -> None:
    quantile = NormalDist().inv_cdf
    ends = [0, 2**12 - 1, 2**63, 2**64 - 1]
    for bits in (*ends, *np.random.default_rng(0).integers(0, 2**64, 300, np.uint64).tolist()):
        expected = quantile(((bits >> 12) + 0.5) * 2.0**-52)
        assert normal(np.uint64(bits)) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("deviation", [0.0, 1e-9, 0.1, 0.17, 0.5, 1.3, 7.0])
def test_a_gaussian(deviation: float) -> None:
    weights = weights_of(deviation)
    assert weights.dtype == np.float32 and weights.sum() == pytest.approx(1, rel=1e-6)
    np.testing.assert_array_equal(weights, weights[::-1])
    if len(weights) == 1:
        return
    away = np.arange(len(weights)) - len(weights) // 2
    expected = np.exp(-0.5 * (away / deviation) ** 2)
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-6)
    image = np.random.default_rng(1).random((5, 9), np.float32)
    for repeats, mode in ((True, "edge"), (False, "constant")):
        padded = np.pad(image.astype(float), away[-1], mode=mode)  # type: ignore[call-overload]
        rows = np.array([np.convolve(row, weights, "valid") for row in padded])
        both = np.array([np.convolve(column, weights, "valid") for column in rows.T]).T
        np.testing.assert_allclose(smoothed(image, weights, repeats), both, atol=1e-6)


def test_what_lies_behind_the_eye_is_outside() -> None:
    """Where a projection divides by nothing, or by less."""
    maps = identities(1)
    maps[0, 6] = -0.25  # places of row 4 are infinitely far away
    image = np.full((1, 1, 8, 8), 9, np.uint8)
    changed = np.empty_like(image)
    sample(image, np.zeros(1, np.int64), maps, still(0, (8, 8)), changed)
    assert (changed[0, 0, :2] == 9).any() and not changed[0, 0, 4:].any()

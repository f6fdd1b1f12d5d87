"""Exact sums: fixed point against Python's whole numbers, and what is out of range."""

from fractions import Fraction

import numpy as np
import pytest

from compiler.support import FRACTION_BITS, LIMIT, add_exactly, sgd


def exact(value: np.float32, factor: float) -> int:
    """rint(value * factor * 2**40), the product rounded to float64 first."""
    product = Fraction(float(np.float64(value) * factor)) * 2**FRACTION_BITS
    return round(product)


def test_sums_are_exact() -> None:
    rng = np.random.default_rng(1)
    size = 1000
    one = (rng.standard_normal(size) * np.exp(rng.uniform(-30, 6, size))).astype(np.float32)
    other = rng.uniform(-900, 900, size).astype(np.float32)
    one[:4] = [0, -0.0, 2.0**-41, 3 * 2.0**-41]  # ties go to even
    total = rng.integers(-(2**60), 2**60, size)
    for factor in (1.0, 1 / 3):
        for fresh in (True, False):
            expected = [
                (0 if fresh else int(total[k])) + exact(one[k], factor) + exact(other[k], factor)
                for k in range(size)
            ]
            assert add_exactly(one, other, total, factor, fresh)
            assert total.tolist() == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2 * LIMIT, -2 * LIMIT, 1e30])
@pytest.mark.parametrize("place", [0, 5, 16])
def test_out_of_range_is_noticed_wherever_it_is(bad: float, place: int) -> None:
    good = np.full(17, 0.25, np.float32)
    broken = good.copy()
    broken[place] = bad
    total = np.zeros(17, np.int64)
    assert add_exactly(good, good, total, 1.0, True)
    assert not add_exactly(broken, good, total, 1.0, True)
    assert not add_exactly(good, broken, total, 1.0, True)


def test_sgd_updates_a_part_and_notices_what_is_not_finite() -> None:
    weights, velocity = np.ones(4, np.float32), np.zeros(0, np.float32)
    total = np.full(4, 2**FRACTION_BITS, np.int64)
    plain = (np.float32(0), False, np.float32(0))
    assert sgd(weights, velocity, total, 1, 3, np.float32(0.5), *plain)
    assert weights.tolist() == [1, 0.5, 0.5, 1]
    assert not sgd(weights, velocity, total * 900, 0, 4, np.float32(3e38), *plain)

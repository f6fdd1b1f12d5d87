"""Exact sums: fixed point against Python's whole numbers, and what is out of range."""

from fractions import Fraction

import numpy as np
import pytest

from compiler.exact import FRACTION_BITS, LIMIT, NOT_FINITE, OUT_OF_RANGE, sum_exactly
from dsl.sections.train import Optimizer
from runtime.updater import Updater, parts_of

NONE = np.zeros(0, np.int64)


def exact(value: np.float32, factor: float) -> int:
    return round(Fraction(float(value)) * Fraction(factor) * 2**FRACTION_BITS)


def test_sums_are_exact() -> None:
    rng = np.random.default_rng(1)
    size = 5003  # not a multiple of any vector
    one = (rng.standard_normal(size) * np.exp(rng.uniform(-30, 4, size))).astype(np.float32)
    other = rng.uniform(-900, 900, size).astype(np.float32)
    one[:4] = [0, -0.0, 2.0**-41, 3 * 2.0**-41]  # ties go to even
    total = rng.integers(-(2**60), 2**60, size)
    for factor in (1.0, 1 / 3):
        for fresh in (True, False):
            expected = [
                (0 if fresh else int(total[k])) + exact(one[k], factor) + exact(other[k], factor)
                for k in range(size)
            ]
            parts = (
                np.stack([one, other]),
                np.arange(2),
                total[np.newaxis],
                np.arange(int(not fresh)),
            )
            assert sum_exactly(*parts, total, 0, size, factor)
            assert total.tolist() == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2 * LIMIT, -2 * LIMIT, 1e30])
@pytest.mark.parametrize("place", [0, 5, 16, 18])
def test_out_of_range_is_noticed_wherever_it_is(bad: float, place: int) -> None:
    gradients = np.full((3, 19), 0.25, np.float32)
    gradients[2, place] = bad
    total = np.zeros(19, np.int64)
    for rows in ([0, 1], [2, 0], [0, 2]):
        parts = gradients, np.array(rows), total[np.newaxis], NONE
        assert sum_exactly(*parts, total, 0, 19, 1.0) == (2 not in rows)


def test_a_slope_is_what_the_conversion_of_the_integer_gives() -> None:
    rng = np.random.default_rng(1)
    total = rng.integers(-(2**62), 2**62, 5_000) >> rng.integers(0, 62, 5_000)
    edges = [0, 1, -1, 2**32, -(2**32), 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
    total[: len(edges)] = edges
    weights = np.zeros(total.size, np.float32)
    parts = parts_of(total)
    assert Updater(Optimizer("sgd"), total.size)(weights, parts, 1.0, 0, total.size, -1.0) == 0
    np.testing.assert_array_equal(weights, (total * 2.0**-FRACTION_BITS).astype(np.float32))


@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("rows", [[], [1], [0, 2], [2, 0, 1, 1, 2]])
@pytest.mark.parametrize("owners", [[], [1], [1, 0]])
def test_one_pass_gives_the_bits_of_several(name: str, rows: list[int], owners: list[int]) -> None:
    rng, size, factor = np.random.default_rng(2), 5_001, 1 / 7
    gradients = rng.standard_normal((3, size)).astype(np.float32)
    totals = rng.integers(-(2**40), 2**40, (2, size))
    parts = (gradients, np.array(rows, np.int64), totals, np.array(owners, np.int64))
    expected = totals[owners].sum(axis=0)
    for row in rows:
        one = (gradients, np.array([row]), expected[np.newaxis], np.arange(1))
        assert sum_exactly(*one, expected, 0, size, factor)
    total = np.full(size, 7, np.int64)
    assert sum_exactly(*parts, total, 0, 4_000, factor)
    assert sum_exactly(*parts, total, 4_000, size, factor)
    np.testing.assert_array_equal(total, expected)

    optimizer = Optimizer(name, momentum=0.9, weight_decay=0.1)
    several, once = Updater(optimizer, size), Updater(optimizer, size)
    weights = rng.standard_normal(size).astype(np.float32)
    other = weights.copy()
    for step in (1, 2):
        several.steps = once.steps = step
        assert several(weights, parts_of(expected), factor, 0, size, 0.1) == 0
        for first, last in ((0, 3_000), (3_000, size)):
            assert once(other, parts, factor, first, last, 0.1) == 0
    np.testing.assert_array_equal(other, weights)
    np.testing.assert_array_equal(once.state, several.state)


def test_one_pass_tells_what_went_wrong() -> None:
    updater = Updater(Optimizer("sgd"), 3)
    gradients, totals = np.ones((1, 3), np.float32), np.zeros((1, 3), np.int64)
    parts, weights = (gradients, np.array([0, 0]), totals, NONE), np.ones(3, np.float32)

    def update(rate: float) -> int:
        return updater(weights, parts, 1.0, 0, 3, rate)

    assert update(1e38) == 0 and update(3e38) == NOT_FINITE
    gradients[0, 1] = np.nan
    assert update(0.1) == OUT_OF_RANGE

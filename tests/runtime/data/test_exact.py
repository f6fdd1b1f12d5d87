"""Sums that are exact, against Python's fractions."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.runtime.data.exact import UNIT, moments_of, sums_of

FLOATS = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=40)


@given(FLOATS)
def test_as_fractions(values: list[float]) -> None:
    total, squares = sums_of(np.array(values, np.float64))
    assert total == sum((Fraction(v) for v in values), Fraction()) * UNIT
    assert squares == sum((Fraction(v) ** 2 for v in values), Fraction()) * UNIT**2


def test_many() -> None:
    values = np.random.default_rng(1).normal(1e6, 3e-3, 20_000)
    halves = [sums_of(values[:7_001]), sums_of(values[7_001:])]
    total, squares = sums_of(values)
    assert (total, squares) == tuple(map(sum, zip(*halves, strict=True)))
    mean, deviation = moments_of(len(values), total, squares)
    assert mean == statistics.mean(values.tolist())  # which rounds once
    assert deviation == pytest.approx(values.std(), rel=1e-9)


def test_what_never_varies() -> None:
    """Whose deviation would be 1e-17 if it were rounded on the way."""
    assert moments_of(7, *sums_of(np.full(7, 0.1))) == (0.1, 0.0)

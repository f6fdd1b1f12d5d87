"""The vector functions against float64, over the whole range of float32."""

import math

import numpy as np
import pytest
from numba import njit

from lenet.compiler.simd import math as vector_math
from lenet.compiler.simd.vector import load, store
from lenet.runtime.machine.arrays import aligned_floats

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0], np.float32)


def apply(name: str, values: np.ndarray) -> np.ndarray:
    function = getattr(vector_math, name)

    @njit
    def run(x, y):
        for place in range(0, x.size, 16):
            store(y, place, function(load(x, place)))

    x, y = (aligned_floats(-(-values.size // 16) * 16) for _ in range(2))
    x[: values.size] = values
    run(x, y)
    return y[: values.size]


def everywhere() -> np.ndarray:
    """A sample of all bit patterns, and the interesting interval densely."""
    patterns = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32)
    dense = np.linspace(-110, 110, 400_001, dtype=np.float32)
    return np.concatenate([patterns, dense, SPECIAL])


@pytest.mark.parametrize(
    ("name", "reference", "bound", "denormal_bound"),
    [
        ("exp", np.exp, 1.5, 1.5),
        ("log", np.log, 1.5, None),
        ("tanh", np.tanh, 5.0, 1.0),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), 3.0, None),
        ("erf", np.vectorize(math.erf), 6.0, 1.0),
        ("expm1", np.expm1, 3.0, 1.0),
        ("softplus", lambda x: np.logaddexp(0, x), 4.0, None),
    ],
)
def test_units_in_the_last_place(name, reference, bound, denormal_bound) -> None:
    x = everywhere()
    got = apply(name, x)
    with np.errstate(all="ignore"):
        exact = reference(x.astype(np.float64))
        rounded = exact.astype(np.float32)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(got[~finite], rounded[~finite])  # NaN and infinities
    error = np.abs(got[finite].astype(np.float64) - exact[finite])
    units = error / np.spacing(np.abs(rounded[finite])).astype(np.float64)
    normal = np.abs(rounded[finite]) >= np.finfo(np.float32).tiny
    assert units[normal].max() <= bound
    if denormal_bound is not None:
        assert units[~normal].max() <= denormal_bound


def test_tanh_keeps_its_sign_and_its_bounds() -> None:
    x = everywhere()
    x = x[~np.isnan(x)]
    y = apply("tanh", x)
    assert (np.signbit(y) == np.signbit(x)).all() and np.abs(y).max() == 1.0


def test_inverse_fourth_roots() -> None:
    x = np.exp(np.linspace(np.log(1e-30), np.log(1e30), 300_001)).astype(np.float32)
    exact = x.astype(np.float64) ** -0.25
    error = np.abs(apply("inverse_fourth_root", x) - exact) / np.spacing(exact.astype(np.float32))
    assert error.max() < 4


def test_a_turn_of_the_sine() -> None:
    x = np.linspace(-0.5, 0.5, 100_001, dtype=np.float32)
    exact = np.sin(2 * np.pi * x.astype(np.float64))
    assert np.abs(apply("sine_of_turns", x) - exact).max() < 2e-7


def test_pairs_are_normal_and_independent() -> None:
    from lenet.compiler.simd.math import normal_pair, random_bits
    from lenet.compiler.simd.vector import load_bits, splat_int

    @njit
    def run(keys, one, two):
        lanes = load_bits(keys, 0)
        for place in range(one.size // 16):
            bits, others = splat_int(2 * place), splat_int(2 * place + 1)
            a, b = normal_pair(random_bits(lanes, bits), random_bits(lanes, others))
            store(one, place * 16, a)
            store(two, place * 16, b)

    keys, one, two = (aligned_floats(size) for size in (16, 16 * 20_000, 16 * 20_000))
    keys.view(np.uint32)[:] = np.arange(16) * 7919 + 1
    run(keys, one, two)
    bound = 5 / np.sqrt(one.size)
    for values in (one.astype(np.float64), two.astype(np.float64)):
        assert abs(values.mean()) < bound
        assert abs(values.var() - 1) < np.sqrt(2) * bound
        assert abs((values**4).mean() - 3) < np.sqrt(96) * bound
        assert abs((np.abs(values) < 1).mean() - 0.6826895) < 0.5 * bound
    for powers in ((1, 1), (2, 2), (1, 2), (2, 1)):
        assert abs(np.corrcoef(one ** powers[0], two ** powers[1])[0, 1]) < bound


def test_random_bits_are_even() -> None:
    from lenet.compiler.simd.math import random_bits
    from lenet.compiler.simd.vector import from_bits, load_bits, splat_int

    @njit
    def run(keys, out):
        lanes = load_bits(keys, 0)
        for place in range(out.size // 16):
            store(out, place * 16, from_bits(random_bits(lanes, splat_int(place))))

    keys, out = aligned_floats(16), aligned_floats(16 * 20_000)
    keys.view(np.uint32)[:] = np.arange(16) * 7919 + 1
    run(keys, out)
    bits = out.view(np.uint32)
    ones = (bits[:, None] >> np.arange(32, dtype=np.uint32) & 1).mean(axis=0)
    assert np.abs(ones - 0.5).max() < 5 * 0.5 / np.sqrt(bits.size)
    lanes = bits.reshape(-1, 16) / 2**32 - 0.5
    correlation = np.corrcoef(lanes.T) - np.eye(16)
    assert np.abs(correlation).max() < 5 / np.sqrt(len(lanes))
    assert len(np.unique(bits)) > 0.999 * bits.size

"""Exact sums: fixed point against Python's whole numbers, and what is out of range."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numba import njit

from lenet.compiler.optimizers import exact as exact_module
from lenet.compiler.optimizers import sgd
from lenet.compiler.optimizers.exact import (
    FRACTION_BITS,
    LIMIT,
    sum_exactly,
)
from lenet.compiler.optimizers.rule import NOT_FINITE, OUT_OF_RANGE, updating
from lenet.dsl.errors import LenetError
from lenet.dsl.optimizers import DECAY, OPTIMIZERS
from lenet.dsl.vocabulary import Use
from lenet.runtime.training.fixed_point import LOSS_LIMIT, sum_ends
from lenet.runtime.training.updater import Updater, parts_of
from reference.optimizers import REFERENCE

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
            assert sum_exactly(*parts, 0, size, factor, total)
            assert total.tolist() == expected
    # Of some columns, with another part.
    parts = (one[np.newaxis], np.arange(1), np.stack([total, total]), np.arange(2))
    expected = [*total.tolist()[:1001], *(2 * int(t) + exact(x, 0.5) for t, x in zip(
        total[1001:4000], one[1001:4000], strict=True
    )), *total.tolist()[4000:]]  # fmt: skip
    assert sum_exactly(*parts, 1001, 4000, 0.5, parts[2][0])
    assert parts[2][0].tolist() == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2 * LIMIT, -2 * LIMIT, 1e30])
@pytest.mark.parametrize("place", [0, 5, 16, 18])
def test_out_of_range_is_noticed_wherever_it_is(bad: float, place: int) -> None:
    gradients = np.full((3, 19), 0.25, np.float32)
    gradients[2, place] = bad
    total = np.zeros(19, np.int64)
    for rows in ([0, 1], [2, 0], [0, 2]):
        parts = gradients, np.array(rows), total[np.newaxis], NONE
        assert sum_exactly(*parts, 0, 19, 1.0, total) == (2 not in rows)


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_slope_is_what_the_conversion_of_the_integer_gives(
    monkeypatch: pytest.MonkeyPatch, one_by_one: bool
) -> None:
    """Also where a processor converts integers one by one."""
    if one_by_one:
        monkeypatch.setattr(exact_module, "converts", lambda: False)
    update = updating(sgd._plain, states=0, settings=2)

    @njit  # type: ignore[untyped-decorator]
    def step(  # type: ignore[no-untyped-def]
        gradients, rows, parts, owners, first, last, factor, weights, states, settings
    ):  # fmt: skip
        return update(
            gradients, rows, parts, owners, first, last, factor, weights, states, settings
        )

    rng = np.random.default_rng(1)
    total = rng.integers(-(2**62), 2**62, 5_000) >> rng.integers(0, 62, 5_000)
    edges = [0, 1, -1, 2**32, -(2**32), 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
    total[: len(edges)] = edges
    weights = np.zeros(total.size, np.float32)
    settings = np.array([-1, 0, 1, np.inf, 0, 0], np.float32)
    states = np.zeros((0, total.size), np.float32)
    given = *parts_of(total), 0, total.size, 1.0, weights, states, settings
    assert step(*given) == 0
    np.testing.assert_array_equal(weights, (total * 2.0**-FRACTION_BITS).astype(np.float32))


@pytest.mark.parametrize("name", OPTIMIZERS)
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
        assert sum_exactly(*one, 0, size, factor, expected)
    total = np.full(size, 7, np.int64)
    assert sum_exactly(*parts, 0, 4_000, factor, total)
    assert sum_exactly(*parts, 4_000, size, factor, total)
    np.testing.assert_array_equal(total, expected)

    optimizer = OPTIMIZERS[name].use(weight_decay=0.1)
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


F = np.float32
USES = [(name, options) for name, (_, uses) in REFERENCE.items() for options in uses]


def numbers_of(optimizer: Use, kind: Any) -> dict[str, Any]:
    return {key: kind(value) for key, value in optimizer.values if key != DECAY.name}


def in_turn(count: int, work: Callable[[int], None]) -> None:
    for number in range(count):
        work(number)


def test_each_optimizer_has_a_reference() -> None:
    assert set(REFERENCE) == set(OPTIMIZERS)


@pytest.mark.parametrize(("name", "options"), USES)
def test_an_optimizer_has_the_bits_of_numpy(name: str, options: dict[str, float]) -> None:
    """In its states, too, whichever part of the parameters it takes."""
    rng, optimizer = np.random.default_rng(4), OPTIMIZERS[name].use(**options)
    given = numbers_of(optimizer, F)
    for size, first, last in (
        (1, 0, 1), (15, 2, 14), (16, 0, 16), (17, 0, 17), (50, 3, 50), (50, 17, 34), (50, 9, 9),
    ):  # fmt: skip
        updater = Updater(optimizer, size)
        updater.state[:] = rng.uniform(0, 1, updater.state.size)
        weights = rng.standard_normal(size).astype(F)
        total = rng.integers(-(2**42), 2**42, size)
        slopes, span = (total * 2.0**-FRACTION_BITS).astype(F), slice(first, last)
        updater.steps = 3
        kept = slice(None) if updater.rule.whole else span  # who looks at all changes all states
        new, *states = REFERENCE[name][0](
            weights, slopes, *updater._states, rate=F(0.1), number=3, **given
        )
        expected, expected_states = weights.copy(), updater._states.copy()
        expected[span] = new[span]
        for number, state in enumerate(states):
            expected_states[number, kept] = state[kept]
        updater.look(weights, parts_of(total), 1.0, 0.1, in_turn)
        assert updater(weights, parts_of(total), 1.0, first, last, 0.1) == 0
        np.testing.assert_array_equal(weights, expected)
        np.testing.assert_array_equal(updater._states, expected_states)


@pytest.mark.parametrize(("name", "options"), USES)
def test_an_optimizer_stays_with_float64(name: str, options: dict[str, float]) -> None:
    """Fifty steps from the beginning, in two parts each, with a rate that falls."""
    size, optimizer = 50, OPTIMIZERS[name].use(**options)
    updater, rng = Updater(optimizer, size), np.random.default_rng(2)
    weights = rng.standard_normal(size).astype(F)
    given = numbers_of(optimizer, np.float64)
    w, *states = np.zeros((1 + updater.rule.states, size))
    w += weights
    bowl, base = np.linspace(0.5, 2, size), 0.5 if updater.rule.whole else 0.01
    close = 10 if updater.rule.whole else 1  # differences of gradients have fewer digits
    for number in range(1, 51):
        total = rng.integers(-(2**41), 2**41, size)
        if updater.rule.whole:  # what it takes from random slopes is no curvature
            total = np.rint(bowl * (w - 1) * 2**FRACTION_BITS).astype(np.int64)
        slopes, updater.steps, rate = total * 2.0**-FRACTION_BITS, number, base / number**0.5
        w, *states = REFERENCE[name][0](w, slopes, *states, rate=rate, number=number, **given)
        updater.look(weights, parts_of(total), 1.0, rate, in_turn)
        for first, last in ((0, 20), (20, size)):
            assert updater(weights, parts_of(total), 1.0, first, last, rate) == 0
        np.testing.assert_allclose(weights, w, 1e-5 * close, 1e-6 * close)
        # 1 - 0.999 in float32 is off by 1.3e-5, which the corrections of Adam's means take out.
        np.testing.assert_allclose(
            updater._states, np.reshape(states, (-1, size)), 1e-4 * close, 1e-5
        )


def test_ftrl_is_the_papers() -> None:
    """Algorithm 1 of McMahan et al. 2013, whose weights begin with 0, at a constant rate; and with
    nothing that pulls to 0, from any weights and at any rates, gradient descent."""
    rng, alpha, beta, l1, l2 = np.random.default_rng(3), 0.1, 0.5, 4.0, 0.5
    w, z, n = np.zeros((3, 50))
    descending = start = rng.standard_normal(50)
    states, other_states = (np.zeros(50), np.zeros(50)), (np.zeros(50), np.zeros(50))
    ours, function = w, REFERENCE["ftrl"][0]
    given = {"beta": np.float64(beta), "weight_decay": np.float64(0)}
    for number in range(1, 21):
        g = rng.standard_normal(50)
        ours, *states = function(
            ours, g, *states, rate=alpha, number=number, lambda1=l1, lambda2=l2, **given
        )
        start, *other_states = function(
            start, g, *other_states, rate=alpha / number, number=number, lambda1=0, lambda2=0,
            **given,
        )  # fmt: skip
        sigma = (np.sqrt(n + g * g) - np.sqrt(n)) / alpha
        z, n = z + g - sigma * w, n + g * g
        w = -(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2)
        w[np.abs(z) <= l1] = 0
        descending = descending - alpha / number * g / (beta + np.sqrt(n))
        np.testing.assert_allclose(ours, w, 1e-9, 1e-12)
        np.testing.assert_allclose(start, descending, 1e-9, 1e-12)
    assert 0 < np.count_nonzero(w) < 50


@pytest.mark.parametrize(("name", "option"), [
    (name, option.name) for name, entry in OPTIMIZERS.items() for option in entry.options
    if option.high == 1
])  # fmt: skip
def test_an_option_may_be_1_in_float32(name: str, option: str) -> None:
    given = {"momentum": 0.9} if option == "dampening" else {}
    updater = Updater(OPTIMIZERS[name].use(**given, **{option: 1 - 1e-12}), 3)
    for number in (1, 2, 1000):
        updater.steps = number
        total = np.array([5, -7, 0]) << FRACTION_BITS
        assert updater(np.ones(3, F), parts_of(total), 1.0, 0, 3, 0.1) in (0, NOT_FINITE)


@pytest.mark.parametrize("place", [0, 17, 33, 39])  # in the vectors, and in what is left of 40
def test_an_optimizer_tells_what_went_wrong(place: int) -> None:
    updater, gradients = Updater(OPTIMIZERS["sgd"].use(), 40), np.ones((1, 40), F)
    totals, weights = np.zeros((1, 40), np.int64), np.ones(40, F)
    parts = (gradients, np.array([0, 0]), totals, NONE)

    def update(rate: float, factor: float = 1.0) -> int:
        return updater(weights, parts, factor, 0, 40, rate)

    for factor in (1.0, 1 / 3):
        limit = F(LIMIT / factor)
        gradients[0, place] = np.nextafter(limit, F(0))
        assert update(0.0, factor) == 0
        gradients[0, place] = -limit
        assert update(0.0, factor) == OUT_OF_RANGE
    gradients[0, place] = np.nan
    weights[place] = np.inf
    assert update(0.1) == OUT_OF_RANGE
    gradients[0, place] = 1
    assert update(0.1) == NOT_FINITE
    weights[place] = -1e38
    assert update(1e38) == 0 and update(1.5e38) == NOT_FINITE


def test_the_ends_of_slices_are_added_exactly() -> None:
    ends = np.array([[3 * 2.0**-41, 5], [1.5, 7], [-(2.0**-41), 0]])
    assert sum_ends(ends, 1, 3) == (2 + 3 * 2**39, 12)  # ties go to even
    for broken in (np.nan, np.inf, -np.inf, LOSS_LIMIT * 4):
        with pytest.raises(LenetError, match="diverged"):
            sum_ends(np.array([[1.0, 0], [broken, 0]]), 4, 2)
    sum_ends(np.array([[LOSS_LIMIT / 2, 0]]), 1, 1024)
    with pytest.raises(LenetError, match="diverged"):  # 8,192 of them would not fit
        sum_ends(np.array([[LOSS_LIMIT / 2, 0]]), 1, 8192)

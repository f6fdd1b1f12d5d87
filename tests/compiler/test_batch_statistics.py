"""What a normalization learns of a batch: the same bits as numpy's."""

import numpy as np
import pytest

from lenet.compiler.kernels.shared.batch_statistics import (
    LIMIT,
    UNIT,
    add_statistics,
    use_slopes,
    use_statistics,
)
from lenet.compiler.kernels.shared.normalization import deviation

STEP = 160  # between the sums of two slices


def sums_of(random: np.random.Generator, slices: int, channels: int) -> np.ndarray:
    sums = np.zeros((slices, STEP))
    sums[:, : 2 * channels] = random.normal(0, 10.0 ** random.integers(-6, 6), 2 * channels)
    sums[:, channels : 2 * channels] = 10 * np.abs(sums[:, channels : 2 * channels])
    return sums


@pytest.mark.parametrize("seed", range(40))
def test_the_bits_are_numpys(seed: int) -> None:
    random = np.random.default_rng(seed)
    c, slices, count = (int(random.integers(1, most)) for most in (70, 9, 5000))
    epsilon, momentum = 10.0 ** -random.integers(1, 9), float(random.random())
    sums, total = sums_of(random, slices, c), np.zeros(2 * c, np.int64)
    parts = sums[:, : 2 * c] / count
    in_range = bool((np.abs(parts) < LIMIT).all())
    given = slices, STEP, 2 * c, count, LIMIT, total
    assert add_statistics(sums.reshape(-1), *given) == in_range
    if not in_range:
        return
    assert (total == np.rint(parts * UNIT).astype(np.int64).sum(axis=0)).all()

    weights, batch = random.normal(size=400).astype(np.float32), np.zeros(400, np.float32)
    expected, told = weights.copy(), batch.copy()
    running, wide = expected[10 : 10 + c], expected[210 : 210 + c]
    apart, squares = np.split(total / UNIT, 2)
    mean = running.astype(np.float64) + apart
    variance = np.maximum(squares - apart * apart, 0)
    told[5 : 5 + c], told[5 + c : 5 + 2 * c] = mean, 1 / deviation(variance, epsilon)
    running += np.float32(momentum) * (mean - running).astype(np.float32)
    unbiased = variance * (count / max(1, count - 1))
    wide += np.float32(momentum) * (unbiased - wide).astype(np.float32)
    use_statistics(total, weights, 10, 210, batch, 5, count, epsilon, momentum)
    assert (weights == expected).all() and (batch == told).all()

    use_slopes(total, 0, 2 * c, batch, 100, 0.37)
    assert (batch[100 : 100 + 2 * c] == (total * 0.37).astype(np.float32)).all()


@pytest.mark.parametrize("bad", [LIMIT, -LIMIT, np.inf, -np.inf, np.nan])
def test_what_is_beyond_all_reason(bad: float) -> None:
    for place in (0, 3, STEP, STEP + 3):
        sums, total = np.zeros(2 * STEP), np.zeros(4, np.int64)
        assert add_statistics(sums, 2, STEP, 4, 1, LIMIT, total)
        sums[place] = bad
        assert not add_statistics(sums, 2, STEP, 4, 1, LIMIT, total)
    assert add_statistics(sums, 2, STEP, 3, 1, LIMIT, total)  # it is not among these

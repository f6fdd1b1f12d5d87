"""What a normalization has to know of a batch, from what the slices have summed: compiled, since
numpy takes longer for a few numbers than the kernels between which it is called.

Sums are in fixed point, so that they are exact: see compiler/optimizers/exact.py.
"""

import numpy as np

from lenet.compiler.simd.kernel import Entry

# Means and mean squares in fixed point: the parts of 1,024 slices, each below the limit, cannot
# overflow together.
UNIT = 2.0**36
LIMIT = 2.0**17


@Entry
def add_statistics(sums, slices, step, count, factor, limit, total) -> bool:
    """total = the first `count` sums / factor of some slices, which lie a `step` apart; each is
    rounded to fixed point by itself. False where one is not below the limit, or no number."""
    for number in range(count):
        added = 0
        for place in range(number, number + slices * step, step):
            part = sums[place] / factor
            if not abs(part) < limit:
                return False
            added += int(np.rint(part * UNIT))
        total[number] = added
    return True


@Entry
def use_statistics(total, weights, mean, variance, batch, at, count, epsilon, momentum):
    """From the sums of all slices, which are those of distances from the running mean, to the mean
    and one over the deviation of each channel, from `at` on, and to the running statistics in
    `weights`, of which the variance is that of `count` values from a larger number (as PyTorch has
    it)."""
    channels = total.size // 2
    part = np.float32(momentum)
    larger = count / max(1, count - 1)
    for channel in range(channels):
        running = weights[mean + channel]
        apart = total[channel] / UNIT
        found = running + apart
        squares = total[channels + channel] / UNIT
        spread = max(squares - apart * apart, 0.0)
        batch[at + channel] = found
        batch[at + channels + channel] = 1 / np.sqrt(spread + epsilon)
        weights[mean + channel] = running + part * np.float32(found - running)
        wide = weights[variance + channel]
        weights[variance + channel] = wide + part * np.float32(spread * larger - wide)


@Entry
def use_slopes(total, first, count, batch, at, factor):
    """The sums total[first], … of all slices, times `factor`, to `batch`."""
    for number in range(count):
        batch[at + number] = total[first + number] * factor

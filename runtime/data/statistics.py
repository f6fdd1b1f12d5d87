"""Mean and standard deviation of channels, from what can be counted exactly."""

from collections.abc import Sequence

import numpy as np

from runtime.data.dataset import DataError, Images

Normal = tuple[tuple[float, ...], tuple[float, ...]]
FIXED = 2.0**24  # the sums of floats are those of whole multiples of 1 / FIXED


def of_bytes(counts: Sequence[Sequence[int]], scale: float) -> Normal:
    """`counts` are how often each byte occurs, by channel; a byte's value is it times `scale`."""
    values = np.arange(256) * scale
    means, deviations = [], []
    for channel, numbers in enumerate(counts):
        own = np.asarray(numbers, np.int64)
        mean = float((own * values).sum() / own.sum())
        means.append(mean)
        deviations.append(float(np.sqrt((own * (values - mean) ** 2).sum() / own.sum())))
        _check(deviations[-1], channel)
    return tuple(means), tuple(deviations)


def of_floats(sums: Sequence[Sequence[int]]) -> Normal:
    """By channel: the number of values, and the sums of them and of their squares, times FIXED."""
    means, deviations = [], []
    for channel, (count, total, squares) in enumerate(sums):
        mean = total / FIXED / count
        means.append(mean)
        deviations.append(float(np.sqrt(max(squares / FIXED / count - mean * mean, 0.0))))
        _check(deviations[-1], channel)
    return tuple(means), tuple(deviations)


def _check(deviation: float, channel: int) -> None:
    if deviation == 0:
        fix = "remove `normalize` from the data section"
        raise DataError(f"all pixels of channel {channel} are the same", "", fix)


def count_bytes(images: Images, channels: int) -> list[list[int]]:
    """How often each byte occurs, by channel."""
    groups = images.pixels.reshape(len(images), channels, -1)
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(groups), 8192):
        for channel in range(channels):
            part = groups[start : start + 8192, channel]
            counts[channel] += np.bincount(part.ravel(), minlength=256)
    return [[int(count) for count in channel] for channel in counts]


def sum_floats(images: Images, channels: int) -> list[list[int]]:
    """By channel: the number of values, and the sums of them and of their squares, times FIXED."""
    groups = images.pixels.reshape(len(images), channels, -1)
    totals = [[0, 0, 0] for _ in range(channels)]
    for image in groups:
        for channel in range(channels):
            own = image[channel].astype(np.float64)
            totals[channel][0] += own.size
            totals[channel][1] += int(np.rint(own * FIXED).sum())
            totals[channel][2] += int(np.rint(own * own * FIXED).sum())
    return totals

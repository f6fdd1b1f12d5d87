"""What is counted of images and labels before a training: exactly, so that the parts of a dataset
can be counted anywhere and in any order."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.data.dataset import DataError, Images
from lenet.runtime.data.exact import UNIT_BITS, moments_of, sums_of

Normal = tuple[tuple[float, ...], tuple[float, ...]]
FIXED = 2.0**160  # the sums of floats are those of whole multiples of 1 / FIXED
WEIGHT = 2.0**20
_SPARE = UNIT_BITS - 149  # bits of exact sums that are 0, of float32
_LEVELS = 256  # of brightness
_RARE = 0.02  # of the images, the darkest and the lightest borders
_TOGETHER = 8192  # images
_VALUES = 2**14  # of images that are summed together: no more than a cache holds


@dataclass(frozen=True)
class Counts:
    """Of `rows` images.

    `channels` has, for each, how often each byte occurs, or of floats their number and the sums of
    them and of their squares, times FIXED. `least` and `most` are the smallest and the largest
    value as stored. `constant` images have a single value. `borders` counts images by the
    brightness of their borders, from 0 to 255. `labels` counts them by label. `weight` is the sum
    of their weights, each rounded to a multiple of 1 / WEIGHT, times WEIGHT. `answers` are of each
    that is no class the sums of the numbers and of their squares, times 2^149 and its square: whole
    numbers of any size, so that these are exact.
    """

    rows: int
    channels: tuple[tuple[int, ...], ...]
    least: float
    most: float
    constant: int
    borders: tuple[int, ...]
    labels: dict[int, int]
    weight: int = 0
    answers: tuple[tuple[int, int], ...] = ()

    def of_answers(self, apart: bool = True) -> Normal:
        """Mean and standard deviation of each answer, or of all as if they were one."""
        if not apart:
            sums, squares = (sum(parts) for parts in zip(*self.answers, strict=True))
            count = self.rows * len(self.answers)
            whole = replace(self, rows=count, answers=((sums, squares),)).of_answers()
            return whole[0] * len(self.answers), whole[1] * len(self.answers)
        found = [
            moments_of(self.rows, total << _SPARE, squares << 2 * _SPARE)
            for total, squares in self.answers
        ]
        return tuple(mean for mean, _ in found), tuple(deviation for _, deviation in found)

    def normal(self, scale: float, apart: bool = True) -> Normal:
        """Mean and standard deviation of the channels' values, `apart` or all as one: what is
        stored times `scale`. DataError where one cannot be normalized by them."""
        found = self.moments(scale, apart)
        for channel, deviation in enumerate(found[1]):
            if deviation == 0:
                fix = "remove `normalize` from the data section"
                raise DataError(f"all pixels of channel {channel} are the same", "", fix)
        return found

    def moments(self, scale: float, apart: bool = True) -> Normal:
        """The same, whatever they are."""
        channels: Sequence[Sequence[int]] = self.channels
        if not apart:
            channels = [[sum(parts) for parts in zip(*channels, strict=True)]]
        if len(channels[0]) == _LEVELS:
            return _of_bytes(channels, scale)
        return _of_floats(channels)

    def mean(self, scale: float) -> float:
        """Of all values."""
        if len(self.channels[0]) == _LEVELS:
            totals = np.sum(np.array(self.channels, np.int64), axis=0)
            return float((totals * np.arange(_LEVELS)).sum() / max(1, totals.sum())) * scale
        count, total = (sum(channel[k] for channel in self.channels) for k in (0, 1))
        return total / FIXED / max(1, count)

    def border_range(self) -> tuple[float, float] | None:
        """Between which brightnesses, from 0 to 1, nearly all images' borders are."""
        counts = np.cumsum(self.borders)
        if not counts[-1]:
            return None
        low = int(np.searchsorted(counts, _RARE * counts[-1], side="right"))
        high = int(np.searchsorted(counts, (1 - _RARE) * counts[-1], side="left"))
        return low / (_LEVELS - 1), high / (_LEVELS - 1)

    def to_json(self) -> str:
        return json.dumps({**vars(self), "labels": list(self.labels.items())})

    @classmethod
    def from_json(cls, text: str) -> "Counts":
        known = json.loads(text)
        channels = tuple(tuple(channel) for channel in known.pop("channels"))
        borders, labels = tuple(known.pop("borders")), dict(known.pop("labels"))
        answers = tuple(tuple(sums) for sums in known.pop("answers"))
        return cls(channels=channels, borders=borders, labels=labels, answers=answers, **known)


def count(images: Images, scale: float, pad: tuple[int, int] = (0, 0)) -> Counts:
    """Of images whose values are what is stored times `scale`, and that have been padded."""
    pixels = images.array
    rows, channels = pixels.shape[:2]
    whole = pixels.dtype == np.uint8
    sums = _count_bytes(pixels, channels) if whole else _sum_floats(pixels, channels)
    (down, across), (height, width) = pad, pixels.shape[2:]
    bare = pixels[:, :, down : height - down, across : width - across]
    flat = bare.reshape(rows, math.prod(bare.shape[1:]))
    constant, borders = 0, np.zeros(_LEVELS, np.int64)
    for start in range(0, rows, _TOGETHER):
        part = flat[start : start + _TOGETHER]
        constant += int((part == part[:, :1]).all(axis=1).sum())
        borders += _border_levels(bare[start : start + _TOGETHER], scale)
    times = times_of(images.labels)
    return Counts(
        rows, tuple(map(tuple, sums)),
        float(pixels.min()) if rows else float("inf"),
        float(pixels.max()) if rows else float("-inf"),
        constant, tuple(borders.tolist()),
        times, _weight(images), _sums(images.labels),
    )  # fmt: skip


def together(parts: Iterable[Counts]) -> Counts:
    """Of the images of all parts; there is at least one part."""
    found = list(parts)
    labels: Counter[int] = Counter()
    for part in found:
        labels.update(part.labels)
    channels = tuple(
        tuple(map(sum, zip(*own, strict=True)))
        for own in zip(*(part.channels for part in found), strict=True)
    )
    return Counts(
        sum(part.rows for part in found), channels,
        min(part.least for part in found), max(part.most for part in found),
        sum(part.constant for part in found),
        tuple(map(sum, zip(*(part.borders for part in found), strict=True))),
        dict(sorted(labels.items())), sum(part.weight for part in found),
        tuple(
            (sum(sums), sum(squares))
            for sums, squares in (
                zip(*own, strict=True)
                for own in zip(*(part.answers for part in found), strict=True)
            )
        ),
    )  # fmt: skip


def times_of(labels: NDArray[Any]) -> dict[int, int]:
    """How often each class occurs; {} where labels are no classes."""
    if labels.ndim != 1:
        return {}
    numbers, times = np.unique(labels, return_counts=True)
    return dict(zip(numbers.tolist(), times.tolist(), strict=True))


def _sums(labels: NDArray[Any]) -> tuple[tuple[int, int], ...]:
    """Of each answer that is no class."""
    if labels.ndim == 1:
        return ()
    found = (sums_of(own) for own in labels.T.astype(np.float64))
    return tuple((total >> _SPARE, squares >> 2 * _SPARE) for total, squares in found)


def _weight(images: Images) -> int:
    if images.weights is None:
        return 0
    return int(np.rint(images.weights.astype(np.float64) * WEIGHT).astype(np.int64).sum())


def _border_levels(pixels: NDArray[Any], scale: float) -> NDArray[np.int64]:
    """Images by the brightness that half of their borders' pixels reach."""
    if not len(pixels) or min(pixels.shape[2:]) < 3:  # vectors have no border
        return np.zeros(_LEVELS, np.int64)
    inner = slice(1, -1)
    edges = pixels[..., 0, :], pixels[..., -1, :], pixels[..., inner, 0], pixels[..., inner, -1]
    grey = np.concatenate(edges, axis=2).mean(axis=1, dtype=np.float32)
    border = np.median(grey, axis=1)
    top = _LEVELS - 1
    levels = np.clip(np.rint(border * (scale * top)), 0, top).astype(np.int64)
    return np.bincount(levels, minlength=_LEVELS)


def _of_bytes(counts: Sequence[Sequence[int]], scale: float) -> Normal:
    values = np.arange(256) * scale
    means, deviations = [], []
    for numbers in counts:
        own = np.asarray(numbers, np.int64)
        mean = float((own * values).sum() / own.sum())
        means.append(mean)
        deviations.append(float(np.sqrt((own * (values - mean) ** 2).sum() / own.sum())))
    return tuple(means), tuple(deviations)


def _of_floats(sums: Sequence[Sequence[int]]) -> Normal:
    means, deviations = [], []
    for number, total, squares in sums:
        mean = total / FIXED / number
        means.append(mean)
        deviations.append(float(np.sqrt(max(squares / FIXED / number - mean * mean, 0.0))))
    return tuple(means), tuple(deviations)


def _by_channel(pixels: NDArray[Any], channels: int) -> NDArray[Any]:
    return pixels.reshape(len(pixels), channels, math.prod(pixels.shape[2:]))


def _count_bytes(pixels: NDArray[Any], channels: int) -> list[list[int]]:
    """How often each byte occurs, by channel."""
    groups = _by_channel(pixels, channels)
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(groups), _TOGETHER):
        for channel in range(channels):
            counts[channel] += _times_of_bytes(groups[start : start + _TOGETHER, channel].ravel())
    return [[int(number) for number in channel] for channel in counts]


def _times_of_bytes(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each occurs. Pairs of bytes are counted, which takes half the time."""
    even = values.size & ~1
    pairs = np.bincount(values[:even].view(np.uint16), minlength=2**16).reshape(256, 256)
    counts = pairs.sum(axis=0) + pairs.sum(axis=1)
    counts[values[even:]] += 1
    return counts


def _sum_floats(pixels: NDArray[Any], channels: int) -> list[list[int]]:
    """By channel: the number of values, and the sums of them and of their squares, times FIXED.
    An image is summed by itself, so that it does not matter which ones are together."""
    groups = _by_channel(pixels, channels)
    totals = [[0, 0, 0] for _ in range(channels)]
    step = max(1, _VALUES // max(1, math.prod(groups.shape[1:])))
    for start in range(0, len(groups), step):
        values = groups[start : start + step].astype(np.float64)
        for power, powers in enumerate((values, values * values), 1):
            sums = np.rint(powers * FIXED).sum(axis=2)
            for channel, own in enumerate(sums.T.tolist()):
                totals[channel][power] += sum(map(int, own))
    for total in totals:
        total[0] = len(groups) * groups.shape[2]
    return totals

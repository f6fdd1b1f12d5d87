"""Learning rates as plots: over a training, and with the loss that a range test finds for each."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.pages.plot import Curve, Mark, Points, counted, linear, logarithmic, plot
from lenet.runtime.rates.course import Course
from lenet.runtime.training.range_test import RangeTest

_SIZE = 640, 360  # pixels
_DRAWN = 500  # points of a curve, besides its corners
_CEILING = 1.5  # times the first loss, above which a plot shows nothing
_DECADES = 100.0  # how many times a rate is what nine tenths of the rates are at least


def course_svg(title: str, course: Course) -> str:
    """The rate over epochs, or over iterations where there is no whole epoch."""
    by_epoch = course.total >= course.steps
    unit = course.steps if by_epoch else 1
    scaled = [(x / unit, rate) for x, rate in _upright(course)]
    rates = [rate for _, rate in scaled]
    across = counted("epoch" if by_epoch else "iteration", [0.0, course.total / unit])
    up = linear("learning rate", [0.0, max(rates)])
    if spans_decades(course):
        scaled = [(x, rate) for x, rate in scaled if rate > 0]
        up = logarithmic("learning rate, logarithmic", [rate for _, rate in scaled])
    return plot(title, across, up, [Curve("", scaled)], size=_SIZE, alone=True)


def _upright(course: Course) -> Iterator[tuple[float, float]]:
    """Its points, where an iteration begins, with changes that stand upright."""
    changes = {float(course.iterations[k]) for k in course.changes}
    before = 0.0
    for iteration, rate in drawn(course):
        if iteration in changes:
            yield iteration, before
        yield iteration, rate
        before = rate


def spans_decades(course: Course) -> bool:
    """Whether the rate goes through more than two powers of ten, its lowest tenth left aside: that
    of a rate which falls to 0 in the end would span any number of them."""
    low = float(np.quantile(course.rates, 0.1))
    return float(course.rates.max()) > _DECADES * low


def drawn(course: Course) -> Points:
    """Iterations, counted from 0, and their rates: enough of them for a curve, with both sides of
    its jumps."""
    count = len(course.iterations)
    chosen = {*range(0, count, math.ceil(count / _DRAWN)), count - 1, int(course.rates.argmax())}
    for corner in (
        *course.changes[:_DRAWN],
        int(np.searchsorted(course.iterations, course.warmup)),
    ):
        chosen |= {max(0, int(corner) - 1), min(int(corner), count - 1)}
    return [(float(course.iterations[k]), float(course.rates[k])) for k in sorted(chosen)]


def found_svg(title: str, test: RangeTest) -> str:
    """The loss over the rates of a range test, each batch's and smoothed, with the rates that it
    suggests, where the loss fell."""
    rates = test.rates[: test.done].tolist()
    top = _CEILING * max(test.smoothed[0], test.smoothed.min())
    up = linear("loss", [float(test.losses.min()), *np.minimum(test.smoothed, top).tolist()])

    def within(losses: NDArray[np.float64]) -> Points:
        return list(zip(rates, np.clip(losses, up.low, up.high).tolist(), strict=True))

    curves = [
        Curve("smoothed", within(test.smoothed)),
        Curve("each batch", within(test.losses), True),
    ]
    across = logarithmic("learning rate, logarithmic", test.rates.tolist())
    marks: list[Mark] = []
    if test.fell:
        steepest, smallest = (float(test.rates[k]) for k in (test.steepest, test.smallest))
        marks = [
            Mark(steepest, f"steepest fall {steepest:.2g}"),
            Mark(smallest / 10, f"smallest loss / 10: {smallest / 10:.2g}"),
        ]
        marks = [mark for mark in marks if mark.at >= across.low]
    return plot(title, across, up, curves, marks, _SIZE, alone=True)

"""The course of a training as a small SVG: titled, with labelled axes, on light and on dark."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lenet.dsl.messages.clean import escape
from lenet.dsl.metrics import metric_called

History = Sequence[Mapping[str, Any]]
Points = list[tuple[float, float]]  # epoch, value

_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 46, 40  # margins of the plot
_COLOURS = ("#2f81d6", "#d9730d", "#2f9e63", "#a55bc7")  # to be told apart on white and on black
_TEXT = 'font-family="Helvetica,Arial,sans-serif" font-size="11" fill="currentColor"'
_MOST_POINTS = 400
_BEYOND = 1e30
_FLAT = 1e-12  # a range that is none


def chart(kind: str, history: History) -> str:
    """The `loss` of training and validation, or the shares of the `validation` in
    percent, over epochs; "" where there are none."""
    if kind != "validation":
        series = {
            "training": _points(history, lambda event: event.get("loss")),
            "validation": _points(history, lambda event: _validation(event).get("loss")),
        }
        title = "loss by epoch"
    else:
        names = dict.fromkeys(name for event in history for name in _validation(event))
        series = {
            str(name): [
                (epoch, 100 * value)
                for epoch, value in _points(history, lambda e, name=name: _validation(e).get(name))
            ]
            for name in names
            if _is_share(str(name))
        }
        title = "validation by epoch"
    series = {name: points for name, points in series.items() if points}
    return _svg(title, "%" if kind == "validation" else "loss", series) if series else ""


def _is_share(name: str) -> bool:
    """Whether a metric lies between 0 and 1; what other versions may have measured does not."""
    try:
        return metric_called(name).share
    except KeyError:
        return False


def _validation(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = event.get("validation")
    return found if isinstance(found, Mapping) else {}


def _points(history: History, value: Any) -> Points:
    """Those that are numbers, some of them where there are more than can be seen."""
    found: list[tuple[Any, Any]] = [(event.get("epoch"), value(event)) for event in history]
    points = [(float(x), float(y)) for x, y in found if _number(x) and _number(y)]
    every = math.ceil(len(points) / _MOST_POINTS)
    return points[::-1][:: max(1, every)][::-1]  # with the last one


def _number(value: Any) -> bool:
    """Whether it can be drawn; beyond all reason, differences are not finite."""
    return isinstance(value, int | float) and abs(value) < _BEYOND


def _svg(title: str, unit: str, series: Mapping[str, Points]) -> str:
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    across, up = _ticks(min(xs), max(xs), whole=True), _ticks(min(ys), max(ys))
    left, right = min(xs), max(*xs, min(xs) + 1)
    low, high = up[0], up[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return (
            _LEFT + wide * (x - left) / (right - left),
            _TOP + tall * (high - y) / (high - low),
        )

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" style="max-width:100%;height:auto" role="img">',
        f"<title>{escape(title)}</title>",
        f'<text x="{_LEFT}" y="16" {_TEXT} font-weight="bold">{escape(title)}</text>',
        *_grid(place, across, up, left, right),
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:g}" y="{_HEIGHT - 6}" text-anchor="middle" '
        f"{_TEXT}>epoch</text>",
        f'<text x="12" y="{(_TOP + _HEIGHT - _BOTTOM) / 2:g}" text-anchor="middle" {_TEXT} '
        f'transform="rotate(-90 12 {(_TOP + _HEIGHT - _BOTTOM) / 2:g})">{escape(unit)}</text>',
    ]
    at = float(_LEFT)
    for number, (name, points) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        label = f"{name[:24]} {points[-1][1]:.4g}" + ("%" if unit == "%" else "")
        lines += _curve([place(x, y) for x, y in points], colour)
        lines.append(f'<rect x="{at:g}" y="28" width="12" height="3" fill="{colour}"/>')
        lines.append(f'<text x="{at + 16:g}" y="34" {_TEXT}>{escape(label)}</text>')
        at += 34 + 6.2 * len(label)
    return "".join([*lines, "</svg>"])


def _grid(
    place: Any, across: list[float], up: list[float], left: float, right: float
) -> Iterable[str]:
    for value in up:
        (x, y), (end, _) = place(left, value), place(right, value)
        yield (
            f'<path d="M{x:.1f} {y:.1f}H{end:.1f}" stroke="currentColor" stroke-opacity=".18" '
            'fill="none"/>'
        )
        yield f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{value:g}</text>'
    for value in across:
        if left <= value <= right:
            x, y = place(value, up[0])
            yield (
                f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" {_TEXT}>{value:g}</text>'
            )


def _curve(points: Points, colour: str) -> Iterable[str]:
    if len(points) > 1:
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<path d="M{way}" stroke="{colour}" stroke-width="1.8" fill="none"/>'
    x, y = points[-1]
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>'


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Round numbers, three to seven, around low … high; whole ones for epochs."""
    span, size = high - low, max(abs(low), abs(high))
    if span <= _FLAT * max(1.0, 1e3 * size):
        span = size / 10 if size > _FLAT and not whole else 1.0
    step = 10.0 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step), math.ceil(high / step)
    if whole:
        first = math.ceil(low / step)
    last = max(last, first + 1)
    return [float(f"{k * step:.10g}") for k in range(first, last + 1)]

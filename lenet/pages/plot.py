"""A plot of lines as a small SVG: titled, with labelled axes, on light and on dark."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lenet.dsl.messages.clean import escape

Points = Sequence[tuple[float, float]]
Place = Callable[[float, float], tuple[float, float]]

_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 46, 40  # margins of the plot, at least
# To be told apart on white and on black.
_COLOURS = (
    "#2f81d6", "#d9730d", "#2f9e63", "#a55bc7", "#c9464f", "#8a8d1d", "#1b9aaa", "#d1609f",
)  # fmt: skip
_TEXT = 'font-family="Helvetica,Arial,sans-serif" font-size="11" fill="currentColor"'
_LETTER = 6.2  # the width of one, about
_FLAT = 1e-12  # a range that is none


@dataclass(frozen=True)
class Axis:
    """What an axis is called, the values between which it goes, and those that are written beside
    it; a logarithmic one has positive values only."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def part(self, value: float) -> float:
        """How far along the axis a value lies: from 0, its low end, to 1."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)


@dataclass(frozen=True)
class Curve:
    """Points with the label that the legend has for them, joined unless they are `dots`; a `faint`
    one lies in the background."""

    label: str
    points: Points
    faint: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Mark:
    """A value of the axis across, with a line and a label of its own."""

    at: float
    label: str


def plot(
    title: str, across: Axis, up: Axis, curves: Sequence[Curve], marks: Sequence[Mark] = (),
    size: tuple[int, int] = (420, 240), alone: bool = False,
) -> str:  # fmt: skip
    """The SVG of curves within both axes, `size` pixels wide and high. One that stands `alone`, in
    a file of its own, has a white ground; another one takes its colours from the page."""
    width, height = size
    left = max(_LEFT, 32 + _LETTER * max(len(f"{value:g}") for value in up.ticks))
    right, bottom = width - _RIGHT, height - _BOTTOM
    middle = (_TOP + bottom) / 2

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            left + (right - left) * across.part(x),
            bottom - (bottom - _TOP) * up.part(y),
        )

    ground = f'<rect width="{width}" height="{height}" fill="#fff"/>' if alone else ""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" style="max-width:100%;height:auto{";color:#222" if alone else ""}" '
        'role="img">',
        f"<title>{escape(title)}</title>{ground}",
        f'<text x="{left:g}" y="16" {_TEXT} font-weight="bold">{escape(title)}</text>',
        *_grid(place, across, up),
        f'<text x="{(left + right) / 2:g}" y="{height - 6}" text-anchor="middle" '
        f"{_TEXT}>{escape(across.name)}</text>",
        f'<text x="12" y="{middle:g}" text-anchor="middle" {_TEXT} '
        f'transform="rotate(-90 12 {middle:g})">{escape(up.name)}</text>',
    ]
    at = float(left)
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        lines += _drawn([place(x, y) for x, y in curve.points], colour, curve)
        if curve.label:
            lines.append(f'<rect x="{at:g}" y="28" width="12" height="3" fill="{colour}"/>')
            lines.append(f'<text x="{at + 16:g}" y="34" {_TEXT}>{escape(curve.label)}</text>')
            at += 34 + _LETTER * len(curve.label)
    for number, mark in enumerate(marks):
        lines += _marked(place(mark.at, up.low)[0], mark.label, number, bottom, right)
    return "".join([*lines, "</svg>"])


def _grid(place: Place, across: Axis, up: Axis) -> Iterator[str]:
    for value in up.ticks:
        (x, y), (end, _) = place(across.low, value), place(across.high, value)
        yield (
            f'<path d="M{x:.1f} {y:.1f}H{end:.1f}" stroke="currentColor" stroke-opacity=".18" '
            'fill="none"/>'
        )
        yield f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{value:g}</text>'
    for value in across.ticks:
        x, y = place(value, up.low)
        yield f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" {_TEXT}>{value:g}</text>'


def _drawn(places: Points, colour: str, curve: Curve) -> Iterator[str]:
    faint = curve.faint
    if curve.dots:
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
        yield (
            f'<path d="{dots}" stroke="{colour}" stroke-width="4" stroke-linecap="round" '
            'stroke-opacity=".5" fill="none"/>'
        )
        return
    style = 'stroke-width="1" stroke-opacity=".45"' if faint else 'stroke-width="1.8"'
    if len(places) > 1:
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        yield f'<path d="M{way}" stroke="{colour}" {style} fill="none"/>'
    if not faint:
        x, y = places[-1]
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>'


def _marked(x: float, label: str, number: int, bottom: float, right: float) -> Iterator[str]:
    """Each mark's label below that of the one before, on the side where there is room."""
    fits = x + 6 + _LETTER * len(label) < right
    beside, anchor = (x + 5, "start") if fits else (x - 5, "end")
    yield (
        f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="currentColor" stroke-opacity=".6" '
        'stroke-dasharray="4 3" fill="none"/>'
    )
    yield (
        f'<text x="{beside:.1f}" y="{_TOP + 11 + 14 * number}" text-anchor="{anchor}" '
        f"{_TEXT}>{escape(label)}</text>"
    )


def linear(name: str, values: Sequence[float]) -> Axis:
    """An axis from round number to round number, around the values."""
    ticks = _ticks(min(values), max(values))
    return Axis(name, ticks[0], ticks[-1], tuple(ticks))


def counted(name: str, values: Sequence[float]) -> Axis:
    """An axis from the first to the last of values that are counted, with whole numbers beside
    it."""
    low, high = min(values), max(max(values), min(values) + 1)
    ticks = [tick for tick in _ticks(min(values), max(values), whole=True) if low <= tick <= high]
    return Axis(name, low, high, tuple(ticks))


def logarithmic(name: str, values: Sequence[float]) -> Axis:
    """An axis from power of ten to power of ten, around the values, which are positive."""
    first = math.floor(math.log10(min(values)) + _FLAT)
    last = max(first + 1, math.ceil(math.log10(max(values)) - _FLAT))
    every = math.ceil((last - first) / 9)
    ticks = tuple(float(f"1e{k}") for k in range(first, last + 1, every))
    return Axis(name, float(f"1e{first}"), float(f"1e{last}"), ticks, logarithmic=True)


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Round numbers, three to seven, around low … high; whole ones for what is counted."""
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

"""The trials of a search as a picture: each setting against what came of it."""

import math
from collections.abc import Iterator, Sequence

from lenet.dsl.messages.clean import clean, escape
from lenet.dsl.metrics import metric_called
from lenet.dsl.search.space import Space
from lenet.pages.plot import Axis, linear, logarithmic
from lenet.runtime.search.record import Found, Record

_PANEL, _HIGH, _ACROSS = 300, 230, 3
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 26, 40
_HEAD = 54
_LEGEND = 340
_BELOW = 34  # the title, where the legend is
TEXT = 'font-family="Helvetica,Arial,sans-serif" font-size="11" fill="currentColor"'
DONE, STOPPED, BEST, FILE = "#2f81d6", "#9aa4af", "#d9730d", "#2f9e63"
_WIDE = 20  # times as large as the smallest value: then the axis is logarithmic
_LABEL = 10  # letters below a place of words


def drawn_of(found: Found) -> list[Record]:
    """The trials that can be drawn. Those that were stopped early are where they were then."""
    return [r for r in found.trials if r.last is not None and r.same is None]


def search_svg(found: Found, name: str) -> str:
    """A file with a panel for each setting: across, what it was, and up, the value of the metric.
    Trials that failed are in none."""
    drawn = drawn_of(found)
    spaces = list(enumerate(found.spaces)) if drawn else []
    columns = min(_ACROSS, max(1, len(spaces)))
    width = columns * _PANEL
    height = _HEAD + -(-len(spaces) // columns) * _HIGH
    title = f"{clean(name)}: {len(found.trials) - 1} trials"
    lines = [
        begun(width, height, title, ";color:#222"),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="14" y="18" {TEXT} font-weight="bold">{escape(title)}</text>',
        *_legend(_BELOW),
    ]
    up = upward(found, drawn)
    for place, (number, space) in enumerate(spaces):
        x, y = place % columns * _PANEL, _HEAD + place // columns * _HIGH
        lines.append(f'<g transform="translate({x} {y})">')
        lines += _panel(found, drawn, number, space, up)
        lines.append("</g>")
    return "".join([*lines, "</svg>"])


def setting_svgs(found: Found) -> list[str]:
    """The same as pictures for a page, with its colours: what dots mean, then a panel each."""
    drawn = drawn_of(found)
    up = upward(found, drawn)
    if up is None:
        return []
    legend = [begun(_LEGEND, 20, "what the colours mean"), *_legend(10), "</svg>"]
    panels = [
        [begun(_PANEL, _HIGH, space.title), *_panel(found, drawn, number, space, up), "</svg>"]
        for number, space in enumerate(found.spaces)
    ]
    return ["".join(lines) for lines in (legend, *panels)]


def begun(width: int, height: int, title: str, style: str = "") -> str:
    """The beginning of an SVG, which is made smaller where there is less room."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" style="max-width:100%;height:auto{style}" role="img">'
        f"<title>{escape(clean(title))}</title>"
    )


def _legend(y: int) -> Iterator[str]:
    x = 14
    for colour, words in (
        (BEST, "the best"), (FILE, "the file as it is"), (DONE, "done"),
        (STOPPED, "stopped early"),
    ):  # fmt: skip
        yield f'<circle cx="{x + 4}" cy="{y}" r="4" fill="{colour}"/>'
        yield f'<text x="{x + 13}" y="{y + 4}" {TEXT}>{words}</text>'
        x += 24 + round(5.2 * len(words))


def scaled(found: Found, record: Record) -> float:
    """The last value of a trial, of a share in percent."""
    value = record.last or 0.0
    return 100 * value if metric_called(found.metric).share else value


def upward(found: Found, drawn: Sequence[Record]) -> Axis | None:
    """The axis of the metric; None where there is nothing on it."""
    if not drawn:
        return None
    values = [scaled(found, record) for record in drawn]
    if metric_called(found.metric).share:
        return linear(f"{found.metric} %", values)
    wide = min(values) > 0 and max(values) >= _WIDE * min(values)
    return logarithmic(found.metric, values) if wide else linear(found.metric, values)


def _panel(
    found: Found, drawn: Sequence[Record], number: int, space: Space, up: Axis | None
) -> Iterator[str]:
    assert up is not None
    there = [record for record in drawn if record.settings[number]]
    across, labels = across_of(space, [record.settings[number] for record in there])
    right, bottom = _PANEL - _RIGHT, _HIGH - _BOTTOM
    for value in up.ticks:
        y = bottom - (bottom - _TOP) * up.part(value)
        yield (
            f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="currentColor" stroke-opacity=".15" '
            'fill="none"/>'
        )
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {TEXT}>{value:g}</text>'
    for value, label in labels:
        x = _LEFT + (right - _LEFT) * across.part(value)
        yield (
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" {TEXT}>'
            f"{escape(label)}</text>"
        )
    middle = (_LEFT + right) / 2
    yield (
        f'<text x="{middle:g}" y="{_HIGH - 8}" text-anchor="middle" font-weight="bold" {TEXT}>'
        f"{escape(clean(space.title))}</text>"
    )
    yield f'<text x="{_LEFT}" y="14" {TEXT}>{escape(up.name)}</text>'
    order = sorted(there, key=lambda r: (r is found.best, r.number == 0, r.state == "done"))
    for record in order:
        at = place_on(across, labels, record.settings[number])
        x = _LEFT + (right - _LEFT) * across.part(at)
        y = bottom - (bottom - _TOP) * up.part(scaled(found, record))
        colour = DONE if record.state == "done" else STOPPED
        colour = FILE if record.number == 0 else colour
        colour = BEST if found.best is not None and record is found.best else colour
        radius = 5 if colour in (BEST, FILE) else 3.5
        words = f"trial {record.number}: {scaled(found, record):.4g}"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity=".85">'
            f"<title>{words}</title></circle>"
        )


def across_of(space: Space, texts: Sequence[str]) -> tuple[Axis, list[tuple[float, str]]]:
    """The axis of a setting and the labels below it. Alternatives have a place each."""
    numbers = [number for text in texts if (number := _number(text)) is not None]
    if space.choices or len(numbers) < len(texts):
        words = list(dict.fromkeys([*(choice.text for choice in space.choices), *texts]))
        axis = Axis(space.title, -0.5, max(len(words), 1) - 0.5, ())
        return axis, [(float(k), short(word)) for k, word in enumerate(words)]
    ends = [float(space.low), float(space.high), *numbers]
    if space.logarithmic and min(ends) > 0:
        axis = logarithmic(space.title, ends)
    else:
        axis = linear(space.title, ends)
    return axis, [(tick, f"{tick:g}") for tick in axis.ticks]


def short(text: str, most: int = _LABEL) -> str:
    """Cut to so many letters."""
    text = clean(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def place_on(across: Axis, labels: Sequence[tuple[float, str]], text: str) -> float:
    """Where a setting lies on the axis of its line."""
    if across.ticks:
        return _number(text) or 0.0
    return next(value for value, label in labels if label == short(text))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

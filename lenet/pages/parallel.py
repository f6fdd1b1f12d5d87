"""The trials of a search as parallel coordinates: an upright axis for each setting and one for the
metric, and a line through them for each trial."""

from collections.abc import Callable, Iterator

from lenet.dsl.messages.clean import clean, escape
from lenet.pages.search import (
    BEST,
    DONE,
    FILE,
    STOPPED,
    TEXT,
    across_of,
    begun,
    drawn_of,
    place_on,
    scaled,
    short,
    upward,
)
from lenet.runtime.search.record import Found, Record

_APART, _HIGH, _LEFT, _TOP, _BOTTOM = 130, 300, 64, 34, 20
_HALO = "paint-order:stroke;stroke:var(--ground);stroke-width:3px"  # above lines
_MOST = 8  # settings; more would be a thicket


def parallel_svg(found: Found) -> str:
    """Each trial's line goes from its first setting to its value; the best one's is the thickest.
    A trial lacks the axes of settings that another one has taken away. "" without two settings."""
    drawn = drawn_of(found)
    spaces = list(enumerate(found.spaces))[:_MOST]
    up = upward(found, drawn)
    if len(spaces) < 2 or up is None:
        return ""
    width = 2 * _LEFT + _APART * len(spaces)
    axes = []
    for number, space in spaces:
        texts = [r.settings[number] for r in drawn if r.settings[number]]
        if not texts:
            return ""
        axes.append(across_of(space, texts))
    lines = [begun(width, _HIGH, "each trial as a line through its settings to its value")]

    def y_of(part: float) -> float:
        return _HIGH - _BOTTOM - (_HIGH - _BOTTOM - _TOP) * part

    best = found.best
    for record in sorted(drawn, key=lambda r: (r is best, r.number == 0, r.state == "done")):
        points = []
        for place, (number, _) in enumerate(spaces):
            axis, labels = axes[place]
            if record.settings[number]:
                part = axis.part(place_on(axis, labels, record.settings[number]))
                points.append((_LEFT + _APART * place, y_of(part)))
        points.append((_LEFT + _APART * len(spaces), y_of(up.part(scaled(found, record)))))
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        lines.append(f'<path d="M{way}" fill="none" {_style(record, best)}>')
        lines.append(f"<title>trial {record.number}: {scaled(found, record):.4g}</title></path>")
    for place, (axis, labels) in enumerate(axes):
        ticks = [(axis.part(value), short(label)) for value, label in labels]
        lines += _axis(_LEFT + _APART * place, spaces[place][1].title, ticks, y_of)
    ticks = [(up.part(value), f"{value:g}") for value in up.ticks]
    lines += _axis(_LEFT + _APART * len(spaces), up.name, ticks, y_of)
    return "".join([*lines, "</svg>"])


def _style(record: Record, best: Record | None) -> str:
    colour, width, opacity = (DONE, 1.4, 0.75) if record.state == "done" else (STOPPED, 1.0, 0.5)
    if record.number == 0:
        colour, width, opacity = FILE, 2.2, 0.95
    if record is best:
        colour, width, opacity = BEST, 2.8, 1.0
    return f'stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"'


def _axis(
    x: float, title: str, ticks: list[tuple[float, str]], y_of: Callable[[float], float]
) -> Iterator[str]:
    yield (
        f'<path d="M{x} {y_of(0):.1f}V{y_of(1):.1f}" stroke="currentColor" stroke-opacity=".5"/>'
    )
    yield (
        f'<text x="{x}" y="16" text-anchor="middle" font-weight="bold" {TEXT}>'
        f"{escape(short(clean(title), 20))}</text>"
    )
    for part, label in ticks:
        yield (
            f'<text x="{x - 5}" y="{y_of(part) + 4:.1f}" text-anchor="end" {TEXT} '
            f'style="{_HALO}">{escape(label)}</text>'
        )

"""A net as an SVG picture: data flow from top to bottom, paths side by side, repeats once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

from lenet.dsl.graph import Graph, Group, Node
from lenet.dsl.messages.clean import escape
from lenet.dsl.registry import Family, layers
from lenet.dsl.shapes import show
from lenet.pages.labels import label

_WIDTH, _HEIGHT = 180.0, 30.0  # of a layer's box, at least
_GAP = 20.0  # between one and the next
_APART = 26.0  # between paths
_PAD = 14.0  # inside a frame, and around the picture
_LABEL = 18.0  # above what is in a frame
_JOIN = 26.0  # the circle of a join
_COLOURS: dict[Family, str] = {
    "input": "#ffffff", "convolution": "#cfe3fb", "dense": "#e0d4f7", "radial": "#e0d4f7",
    "recurrent": "#cfeae6", "pooling": "#cdeccf", "activation": "#fdebc4",
    "normalization": "#e3e8ec", "regularization": "#f6d9d5", "shape": "#eeeeee",
}  # fmt: skip
_STYLE = (
    "text{font:12px Helvetica,Arial,sans-serif;fill:#222}"
    ".small{font-size:10.5px;fill:#666}.sign{font-size:17px}"
    "rect,circle{stroke:#667;stroke-width:1}.frame{fill:none;stroke-dasharray:4 3}"
    "path{fill:none;stroke:#667;stroke-width:1.2}"
)


def draw_svg(graph: Graph, title: str) -> str:
    """The picture as text; the same graph always gives the same."""
    wide = max(_WIDTH, *(7.2 * len(label(n)) + 6.5 * len(show(n.shape)) + 34 for n in graph.nodes))
    column = _column(_elements(graph, 0, len(graph.nodes), list(graph.groups), round(wide)))
    width, height = column.width + 2 * _PAD, column.height + 2 * _PAD + _LABEL
    middle = width / 2
    facts = f"{title}: {graph.parameter_count:,} parameters"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(facts)}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#667;stroke:none"/>'
        "</marker></defs>",
        f'<rect width="{width:g}" height="{height:g}" style="fill:#fff;stroke:none"/>',
        f'<text class="small" x="{middle:g}" y="{_PAD + 4:g}" text-anchor="middle">'
        f"{escape(facts)}</text>",
        *column.draw(middle, _PAD + _LABEL),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


@dataclass
class _Box:
    node: Node
    width: float
    height: float = _HEIGHT

    def draw(self, x: float, y: float) -> Iterator[str]:
        """Centred at `x`, from `y` down."""
        node, left = self.node, x - self.width / 2
        colour = _COLOURS[layers()[node.kind].family]
        yield f"<g><title>{escape(f'{node.name}: line {node.line}')}</title>"
        yield (
            f'<rect x="{left:g}" y="{y:g}" width="{self.width:g}" height="{self.height:g}" rx="5" '
            f'style="fill:{colour}"/>'
        )
        yield f'<text x="{left + 9:g}" y="{y + 19:g}">{escape(label(node))}</text>'
        yield (
            f'<text class="small" x="{x + self.width / 2 - 8:g}" y="{y + 19:g}" '
            f'text-anchor="end">{show(node.shape)}</text></g>'
        )


@dataclass
class _Column:
    """Elements one below the other."""

    elements: "list[_Box | _Frame | _Join]"
    width: float
    height: float

    def draw(self, x: float, y: float) -> Iterator[str]:
        for k, element in enumerate(self.elements):
            if k:
                yield _arrow(f"M{x:g} {y:g}V{y + _GAP:g}")
                y += _GAP
            yield from element.draw(x, y)
            y += element.height


@dataclass
class _Frame:
    """What a block's use or a repeat has made, with the shapes before and behind a repeat."""

    text: str
    inside: _Column
    shapes: str = ""

    @property
    def width(self) -> float:
        words = 7.0 * len(self.text) + 6.5 * len(self.shapes) + _PAD * bool(self.shapes)
        return max(self.inside.width, words) + 2 * _PAD

    @property
    def height(self) -> float:
        return self.inside.height + 2 * _PAD + _LABEL

    def draw(self, x: float, y: float) -> Iterator[str]:
        left, top = x - self.width / 2, y + _PAD + _LABEL
        yield (
            f'<rect class="frame" x="{left:g}" y="{y:g}" width="{self.width:g}" '
            f'height="{self.height:g}" rx="8"/>'
        )
        yield f'<text class="small" x="{left + 9:g}" y="{y + 16:g}">{escape(self.text)}</text>'
        if self.shapes:
            yield (
                f'<text class="small" x="{left + self.width - 9:g}" y="{y + 16:g}" '
                f'text-anchor="end">{self.shapes}</text>'
            )
        yield f'<path d="M{x:g} {y:g}V{top:g}"/>'
        yield from self.inside.draw(x, top)
        yield f'<path d="M{x:g} {top + self.inside.height:g}V{y + self.height:g}"/>'


@dataclass
class _Join:
    """Paths side by side, with the names that they were given, and what joins them."""

    node: Node
    paths: list[_Column]
    names: list[str]

    @property
    def width(self) -> float:
        return sum(self._room(path) for path in self.paths) + _APART * (len(self.paths) - 1)

    @property
    def height(self) -> float:
        return self._middle + 2 * _GAP + _JOIN

    @property
    def _middle(self) -> float:
        return max(path.height for path in self.paths) + _GAP

    def _room(self, path: _Column) -> float:
        return max(path.width, 40.0, 2 * (6.2 * self._longest + 8))

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.names))

    def draw(self, x: float, y: float) -> Iterator[str]:
        bottom = y + _GAP / 2 + self._middle
        centre = bottom + _GAP + _JOIN / 2
        left = x - self.width / 2
        yield f'<path d="M{x:g} {y:g}V{y + _GAP / 2:g}"/>'
        for path, name in zip(self.paths, self.names, strict=True):
            at = left + self._room(path) / 2
            left += self._room(path) + _APART
            down = y + _GAP / 2
            if name:
                yield f'<text class="small" x="{at + 8:g}" y="{down + 13:g}">{escape(name)}</text>'
            if path.elements:
                yield _arrow(f"M{x:g} {down:g}H{at:g}V{down + _GAP:g}")
                yield from path.draw(at, down + _GAP)
                start = f"M{at:g} {down + _GAP + path.height:g}V{bottom:g}"
            else:
                start = f"M{x:g} {down:g}H{at:g}V{bottom:g}"
            side = -1 if at < x else 1
            end = f"V{centre:g}H{x + side * _JOIN / 2:g}"
            if abs(at - x) < _JOIN / 2:
                end = f"V{centre - _JOIN / 2:g}"
            yield _arrow(start + end)
        sign = layers()[self.node.kind].sign
        yield f"<g><title>{escape(self.node.name)}</title>"
        yield f'<circle cx="{x:g}" cy="{centre:g}" r="{_JOIN / 2:g}" style="fill:#fff"/>'
        yield (
            f'<text class="sign" x="{x:g}" y="{centre + 6:g}" text-anchor="middle">{sign}</text>'
        )
        below = centre + _JOIN / 2
        own = f"{self.node.written}: " if self.node.written else ""
        words = escape(own + show(self.node.shape))
        yield f'<text class="small" x="{x + 9:g}" y="{below + 13:g}">{words}</text></g>'
        yield f'<path d="M{x:g} {below:g}V{y + self.height:g}"/>'


def _arrow(way: str) -> str:
    return f'<path d="{way}" marker-end="url(#tip)"/>'


def _column(elements: "list[_Box | _Frame | _Join]") -> _Column:
    width = max((element.width for element in elements), default=0.0)
    height = sum(element.height for element in elements) + _GAP * max(0, len(elements) - 1)
    return _Column(elements, width, height)


def _elements(
    graph: Graph, first: int, behind: int, groups: list[Group], wide: float
) -> "list[_Box | _Frame | _Join]":
    """The nodes first … behind as boxes of this width, frames and joins; `groups` are those among
    them."""
    elements: list[_Box | _Frame | _Join] = []
    at, number = first, 0
    while at < behind:
        if number == len(groups) or groups[number].first > at:
            elements.append(_Box(graph.nodes[at], wide))
            at += 1
            continue
        group, inner = groups[number], _inside(groups, number)
        number += 1 + len(inner)
        if group.behind == group.first:
            continue
        if group.kind == "join":
            elements.append(_join(graph, group, inner, wide))
        else:
            end = group.first + (group.behind - group.first) // group.times
            inside = _elements(graph, group.first, end, inner, wide)
            alone = len(inside) == group.times == 1  # a block of one layer needs no frame
            if not alone:
                inside = [_Frame(_caption(group), _column(inside), _shapes(graph, group))]
            elements += inside
        at = group.behind
    return elements


def _inside(groups: Sequence[Group], number: int) -> list[Group]:
    """The groups inside that of this number, which follow it."""
    depth = groups[number].depth
    return list(takewhile(lambda group: group.depth > depth, islice(groups, number + 1, None)))


def _join(graph: Graph, group: Group, inner: list[Group], wide: float) -> _Join:
    paths = [(k, path) for k, path in enumerate(inner) if path.depth == group.depth + 1]
    columns = [
        _column(_elements(graph, path.first, path.behind, _inside(inner, k), wide))
        for k, path in paths
    ]
    names = [path.written for _, path in paths]
    return _Join(graph.nodes[group.behind - 1], columns, names)


def _caption(group: Group) -> str:
    own = f"{group.written}: " if group.written else ""
    return own + (f"{group.times} times" if group.kind == "repeat" else group.text)


def _shapes(graph: Graph, group: Group) -> str:
    """What a repeat is given and what it gives: the boxes in it are those of its first turn."""
    if group.kind != "repeat":
        return ""
    return f"{show(graph.nodes[group.first].given)} → {show(graph.nodes[group.behind - 1].shape)}"

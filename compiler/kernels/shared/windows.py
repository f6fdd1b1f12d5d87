"""The loops that pooling layers share: over channels, output places and window places."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.shared.texts import is_of_text
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.single_contract import (
    Padded,
    Single,
    place_floats,
    single_function,
    vectors_of,
)
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.padding import sides_of
from lenet.dsl.shapes import Shape, product


@dataclass(frozen=True)
class Windows:
    """Sizes of a pooling, in rows and columns but for `given`, the input's (channels, height,
    width); `out` counts the windows, `padding` is what lies above and on the left."""

    given: Shape
    out: tuple[int, int]
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @classmethod
    def of(cls, node: Node) -> "Windows":
        """Of a pooling; where its output is a vector, a window is a whole map."""
        arguments = node.arguments
        out = (node.shape[1], node.shape[2]) if len(node.shape) == 3 else (1, 1)
        (above, _), (left, _) = sides_of(arguments.get("pad"))
        return cls(node.given, out, arguments["window"], arguments["stride"], (above, left))

    @classmethod
    def of_places(cls, shape: Shape) -> "Windows":
        """Each place by itself."""
        return cls(shape, (shape[1], shape[2]), (1, 1), (1, 1), (0, 0))

    @property
    def overlap(self) -> bool:
        """Whether places may lie in several windows."""
        return any(s < w for s, w in zip(self.stride, self.window, strict=True))

    @property
    def ends(self) -> tuple[int, int]:
        """Rows and columns of the last windows that lie behind the input."""
        sizes = zip(self.stride, self.window, self.out, self.padding, self.given[1:], strict=True)
        rows, columns = (max(0, (o - 1) * s - p + w - size) for s, w, o, p, size in sizes)
        return rows, columns

    @property
    def hangs(self) -> tuple[bool, bool]:
        """Whether windows hang over a border: the upper or the lower, the left or the right one."""
        down, across = (p > 0 or end > 0 for p, end in zip(self.padding, self.ends, strict=True))
        return down, across

    @property
    def covers(self) -> bool:
        """Whether every place of the input lies in some window."""
        return all(
            s <= w and (o - 1) * s - p + w >= size
            for s, w, o, p, size in zip(
                self.stride, self.window, self.out, self.padding, self.given[1:], strict=True
            )
        )

    @property
    def part(self) -> str:
        """One over the places of the input that the window at `top`, `left` has, for windows
        without padding."""
        if not any(self.ends):
            return f"np.float32({1 / product(self.window)!r})"
        rows, columns = (
            f"min({window}, {size} - {edge})"
            for window, size, edge in zip(self.window, self.given[1:], ("top", "left"), strict=True)
        )
        return f"np.float32(1) / np.float32({rows} * {columns})"

    @property
    def ranges(self) -> tuple[str, str]:
        """Of the places `i`, `j` of the window at `top`, `left` that are places of the input."""
        spans = []
        for axis, (size, edge) in enumerate(zip(self.given[1:], ("top", "left"), strict=True)):
            window = self.window[axis]
            span = f"range({window})"
            if self.hangs[axis]:
                first = f"max(0, -{edge}), " if self.padding[axis] else ""
                span = f"range({first}min({window}, {size} - {edge}))"
            spans.append(span)
        return spans[0], spans[1]

    @property
    def numbers(self) -> tuple[tuple[str, int], ...]:
        """Those that a loop may know by names, of a function."""
        names = ("channels", "height", "width", "down", "across")
        return tuple(zip(names, (*self.given, *self.out), strict=True))

    def loop(self, before: str, inside: str, after: str, named: bool = False) -> str:
        """Source that runs `before` and `after` at each output `place`, `inside` at each window
        place `i`, `j`, whose input place is `source`. Its sizes may be `named`, as `numbers`, but
        for those that windows need to know that hang over the border."""
        known = self.numbers
        channels, height, width, down, across = (n if named else str(size) for n, size in known)
        ranges = self.ranges
        lines = [
            f"for channel in range({channels}):",
            f"    for row in range({down}):",
            f"        top = row * {self.stride[0]} - {self.padding[0]}",
            f"        for column in range({across}):",
            f"            left = column * {self.stride[1]} - {self.padding[1]}",
            f"            place = (channel * {down} + row) * {across} + column",
            indent(before.strip("\n"), " " * 12),
            f"            for i in {ranges[0]}:",
            f"                for j in {ranges[1]}:",
            f"                    source = (channel * {height} + top + i) * {width} + left + j",
            indent(inside.strip("\n"), " " * 20),
            indent(after.strip("\n"), " " * 12),
        ]
        return "\n".join(line for line in lines if line.strip()) + "\n"


def takes_places(request: Request) -> bool:
    """Pools of maps can, whose lanes are channels then."""
    return len(request.node.given) == 3 and not is_of_text(request.node)


_WORK = 2**13  # values of windows that are worth a unit


def pool_by_places(request: Request, doc: str, start: str, more: str, end: str) -> Single:
    """Pooling of one image by places: for each window, `total` goes from `start` by `more`, an
    expression of it and the next `value`, to `end`. Channels that are no whole vector are the first
    lane of one each."""
    w = Windows.of(request.node)
    channels, _, width = w.given
    work = product(w.out) * channels * product(w.window)
    rows = -(-w.out[0] // max(1, min(w.out[0], work // _WORK)))
    whole = channels - channels % LANES
    numbers = {
        "down": w.out[0], "across": w.out[1], "width": width, "apart": place_floats(channels),
        "whole": whole, "channels": channels, "each": rows,
    }  # fmt: skip
    body = (
        "for row in range(unit * each, min(unit * each + each, down)):\n"
        f"    top = row * {w.stride[0]} - {w.padding[0]}\n"
        "    for column in range(across):\n"
        f"        left = column * {w.stride[1]} - {w.padding[1]}\n"
        "        place = y + (row * across + column) * apart\n"
    )
    vectors = "load_any(arena, source + channel)", "store_any(arena, place + channel, total)"
    singles = "splat(arena[source + channel])", "store_one(arena, place + channel, total)"
    for span, (load, store) in (
        (f"0, whole, {LANES}", vectors), ("whole, channels", singles)
    ):  # fmt: skip
        body += (
            f"        for channel in range({span}):\n"
            f"            total = {start}\n"
            f"            for i in {w.ranges[0]}:\n"
            f"                for j in {w.ranges[1]}:\n"
            f"                    source = x + ((top + i) * width + left + j) * apart\n"
            f"                    value = {load}\n"
            f"                    total = {more}\n"
            f"            total = {end.format(part=w.part)}\n"
            f"            {store}\n"
        )
    parameters = ("arena", "x", "y", "unit")
    function = single_function(doc, body, parameters, numbers=tuple(numbers.items()))
    return Single(function, units=-(-w.out[0] // rows))


def pool_single(request: Request, doc: str, fill: str, largest: bool) -> Single:
    """Pooling of one image; the lanes are columns."""
    w = Windows.of(request.node)
    channels = request.node.given[0]
    (above, below), (left, right) = sides_of(request.node.arguments.get("pad"))
    sides = (above, max(below, w.ends[0])), (left, max(right, w.ends[1]))
    padded = Padded.of(request.node.given, sides, fill)
    (height, width), stride = w.out, w.stride
    tiles = ""
    body = f"for channel in range({channels}):\n    for row in range({height}):\n"
    for start, count in vectors_of(width, request.target.width):
        tile = f"{NAME}_single_{count}"
        settings: dict[str, object] = {
            "largest": largest, "count": count, "window": w.window, "stride": stride[1],
            "x_row": padded.width,
        }  # fmt: skip
        line = f"{tile} = single_pool(SinglePool(\n{lines(settings)}))\n"
        tiles += "" if line in tiles else line
        body += (
            f"        {tile}(arena, {padded.at} + (channel * {padded.height} + row * {stride[0]}) "
            f"* {padded.width} + {start * stride[1]}, y + (channel * {height} + row) * {width} + "
            f"{start})\n"
        )
    body = padded.source + body
    return Single(single_function(doc, body, tiles=f"{tiles}\n\n"), padded.scratch)

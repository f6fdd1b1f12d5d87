"""upsample: a map with more rows and columns, of the nearest values or by bilinear mixtures."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.shapes import Shape, product

_NEAREST = "y = each value of x several times."
_BILINEAR = "y = mixtures of the values of x around each place."


@dataclass(frozen=True)
class _Lanes:
    """How values are written: those of a block's sixteen images, or one image's."""

    count: int
    zero: str
    number: str

    def load(self, place: str) -> str:
        """The value at a place, `x + PLACE`."""
        array, _, value = place.partition(" + ")
        at = f"{array} + ({value}) * {self.count}"
        return f"load(arena, {at})" if self.count > 1 else f"arena[{array} + {value}]"

    def store(self, place: str, value: str) -> str:
        """A statement."""
        array, _, to = place.partition(" + ")
        if self.count > 1:
            return f"store(arena, {array} + ({to}) * {self.count}, {value})\n"
        return f"arena[{array} + {to}] = {value}\n"


_BLOCK = _Lanes(LANES, "splat(np.float32(0))", "splat({})")
_ONE = _Lanes(1, "np.float32(0)", "{}")


def emit(request: Request) -> Kernels:
    """x (channels, height, width). Backward, a value of x gets the gradients of all that it is part
    of, by its parts."""
    node = request.node
    if node.arguments["method"] == "nearest":
        doc, forward = _NEAREST, _nearest(node, _BLOCK)
        backward = _nearest_backward(node)
    else:
        doc, forward = _BILINEAR, _bilinear(node, _BLOCK)
        backward = _bilinear_backward(node)
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), doc, forward),
        backward=Function(
            "backward", ("arena", "dy", "dx"), "dx = the sum of dy where x has a part.", backward
        ),
    )


def emit_single(request: Request) -> Single:
    """The same of one image, one value after the other."""
    node = request.node
    nearest = node.arguments["method"] == "nearest"
    body = _nearest(node, _ONE) if nearest else _bilinear(node, _ONE)
    return Single(single_function(_NEAREST if nearest else _BILINEAR, body, ("arena", "x", "y")))


def _nearest(node: Node, lanes: _Lanes) -> str:
    (channels, height, width), (down, across) = node.given, node.arguments["factor"]
    return (
        f"for row in range({channels * height}):\n"
        f"    for i in range({down}):\n"
        f"        to = (row * {down} + i) * {width * across}\n"
        f"        for column in range({width}):\n"
        f"            value = {lanes.load(f'x + row * {width} + column')}\n"
        f"            for j in range({across}):\n"
        f"                {lanes.store(f'y + to + column * {across} + j', 'value')}"
    )


def _nearest_backward(node: Node) -> str:
    (channels, height, width), (down, across) = node.given, node.arguments["factor"]
    part = _BLOCK.load(f"dy + (row * {down} + i) * {width * across} + column * {across} + j")
    return (
        f"for row in range({channels * height}):\n"
        f"    for column in range({width}):\n"
        f"        total = splat(np.float32(0))\n"
        f"        for i in range({down}):\n"
        f"            for j in range({across}):\n"
        f"                total = total + {part}\n"
        f"        {_BLOCK.store(f'dx + row * {width} + column', 'total')}"
    )


# Bilinear: rows and columns of y lie between the middles of rows and columns of x. Between two of
# these, there are as many as the factor; before the first and behind the last, which count as their
# own neighbours, there is half of it, rounded down or up.


def _share(factor: int, number: str) -> str:
    """How far the place `number` between two middles lies from the first, in their distance."""
    ahead = "" if factor % 2 else " + 1"
    return f"np.float32(2 * {number}{ahead}) * np.float32({1 / (2 * factor)!r})"


def _rows(given: Shape, factor: tuple[int, int], inside: str) -> str:
    """`inside` for each row of y, which begins at `to`; `above` and `below` are the beginnings of
    the rows of x around it, `down` is the part of the second one."""
    (channels, height, width), (down, across) = given, factor
    before = down // 2
    return (
        f"for channel in range({channels}):\n"
        f"    for gap in range(-1, {height}):\n"
        f"        above = (channel * {height} + max(gap, 0)) * {width}\n"
        f"        below = (channel * {height} + min(gap + 1, {height - 1})) * {width}\n"
        f"        first = {down - before} if gap < 0 else 0\n"
        f"        last = {down - before} if gap == {height - 1} else {down}\n"
        f"        for i in range(first, last):\n"
        f"            row = channel * {height * down} + gap * {down} + {before} + i\n"
        f"            to = row * {width * across}\n" + indent(inside, " " * 12)
    )


def _bilinear(node: Node, lanes: _Lanes) -> str:
    (_, _, width), (down, across) = node.given, node.arguments["factor"]

    def mixed(column: str) -> str:
        return (
            f"value = {lanes.load(f'x + above + {column}')}\n"
            f"right = value + ({lanes.load(f'x + below + {column}')} - value) * down\n"
        )

    before = across // 2
    inside = f"down = {lanes.number.format(_share(down, 'i'))}\n" + mixed("0")
    inside += f"for j in range({before}):\n    {lanes.store('y + to + j', 'right')}"
    inside += f"for column in range({width - 1}):\n    left = right\n"
    inside += indent(mixed("column + 1"), "    ")
    part = lanes.number.format(_share(across, "j"))
    mixture = f"left + (right - left) * {part}"
    inside += f"    for j in range({across}):\n        "
    inside += lanes.store(f"y + to + column * {across} + {before} + j", mixture)
    inside += f"for j in range({across - before}):\n    "
    inside += lanes.store(f"y + to + {(width - 1) * across + before} + j", "right")
    return _rows(node.given, node.arguments["factor"], inside)


def _bilinear_backward(node: Node) -> str:
    (_, _, width), (down, across) = node.given, node.arguments["factor"]

    def give(column: str) -> str:
        """Statements that add `total` to the two values of a column, by their parts."""
        text = "part = total * down\n"
        for row, value in (("above", "(total - part)"), ("below", "part")):
            place = f"dx + {row} + {column}"
            text += _BLOCK.store(place, f"{_BLOCK.load(place)} + {value}")
        return text

    before = across // 2
    inside = f"down = splat({_share(down, 'i')})\n"
    inside += "total = splat(np.float32(0))\n"
    inside += f"for j in range({before}):\n    total = total + {_BLOCK.load('dy + to + j')}\n"
    inside += f"for column in range({width - 1}):\n    later = splat(np.float32(0))\n"
    slope = _BLOCK.load(f"dy + to + column * {across} + {before} + j")
    inside += indent(
        f"for j in range({across}):\n"
        f"    slope = {slope}\n"
        f"    right = slope * splat({_share(across, 'j')})\n"
        f"    total = total + (slope - right)\n"
        f"    later = later + right\n" + give("column") + "total = later\n",
        "    ",
    )
    end = _BLOCK.load(f"dy + to + {(width - 1) * across + before} + j")
    inside += f"for j in range({across - before}):\n    total = total + {end}\n"
    inside += give(f"{width - 1}")
    clear = (
        f"for place in range({product(node.given)}):\n"
        f"    {_BLOCK.store('dx + place', 'splat(np.float32(0))')}"
    )
    return clear + _rows(node.given, node.arguments["factor"], inside)

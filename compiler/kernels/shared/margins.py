"""Copies between a map and a larger one that has it inside: rows and columns at all sides."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import Shape


@dataclass(frozen=True)
class Margins:
    """The smaller map, and the rows above and below and the columns left and right of it that the
    larger one has."""

    channels: int
    height: int
    width: int
    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, smaller: Shape, margins: tuple[int, int, int, int]) -> "Margins":
        """Of maps. Without columns at the sides, all rows are a single one."""
        (channels, height, width), (top, bottom, left, right) = smaller, margins
        if left or right:
            return cls(channels, height, width, top, bottom, left, right)
        return cls(channels, 1, height * width, 0, 0, top * width, bottom * width)

    @property
    def there(self) -> bool:
        """Whether the two differ."""
        return any((self.top, self.bottom, self.left, self.right))

    @property
    def row(self) -> int:
        """Values of a row of the larger map."""
        return self.left + self.width + self.right

    def loop(self, inside: str, before: str = "", after: str = "") -> str:
        """Source that runs `before`, `after` at each channel and `inside` at each row, which begins
        at `small` in the smaller map and at `large` in the larger one, in values."""
        rows = self.top + self.height + self.bottom
        first = self.top * self.row + self.left
        return (
            f"for channel in range({self.channels}):\n"
            f"    corner = channel * {rows * self.row}\n"
            + indent(before, "    ")
            + f"    for row in range({self.height}):\n"
            f"        small = (channel * {self.height} + row) * {self.width}\n"
            f"        large = corner + {first} + row * {self.row}\n"
            + indent(inside, " " * 8)
            + indent(after, "    ")
        )

    def put(self, source: str, target: str) -> str:
        """Statements for blocks: the smaller map `source` among zeros, at `target`."""
        above = self.top * self.row + self.left
        last = above + (self.height - 1) * self.row + self.width
        inside = _copy(target, "large", source, "small", self.width)
        if self.height > 1:
            gap = _zeros(target, f"large + {self.width}", self.left + self.right)
            inside += f"if row < {self.height - 1}:\n" + indent(gap, "    ")
        return "zero = splat(np.float32(0))\n" + self.loop(
            inside,
            before=_zeros(target, "corner", above),
            after=_zeros(target, f"corner + {last}", self.right + self.bottom * self.row),
        )

    def take(self, source: str, target: str) -> str:
        """Statements for blocks: the smaller map, out of the larger one, at `target`."""
        return self.loop(_copy(target, "small", source, "large", self.width))


def _copy(target: str, to: str, source: str, start: str, values: int) -> str:
    size = values * LANES
    return f"copy(arena, {target} + {to} * {LANES}, {source} + {start} * {LANES}, {size})\n"


def _zeros(target: str, first: str, values: int) -> str:
    """Statements that clear so many values from `first` on, if any."""
    if not values:
        return ""
    return (
        f"for place in range({first}, {first} + {values}):\n"
        f"    store(arena, {target} + place * {LANES}, zero)\n"
    )


def inner(margins: Margins, doc: str) -> Kernels:
    """y is a part of x; the others' gradients are 0."""
    if not margins.there:
        return Kernels()  # x itself
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), doc, margins.take("x", "y")),
        backward=Function(
            "backward", ("arena", "dy", "dx"), "dx = dy, and 0 elsewhere.", margins.put("dy", "dx")
        ),
    )


def outer(margins: Margins, doc: str) -> Kernels:
    """y is x among zeros."""
    if not margins.there:
        return Kernels()  # x itself
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), doc, margins.put("x", "y")),
        backward=Function(
            "backward", ("arena", "dy", "dx"), "dx = dy where x is.", margins.take("dy", "dx")
        ),
    )


def inner_single(margins: Margins, doc: str) -> Single:
    """The same of one image."""
    if not margins.there:
        return Single()
    width = margins.width
    body = f"copy_any(arena, y + small, x + large, {width})\n"
    return Single(single_function(doc, margins.loop(body), ("arena", "x", "y")))


def outer_single(margins: Margins, doc: str) -> Single:
    """The same of one image."""
    if not margins.there:
        return Single()
    rows, width = margins.top + margins.height + margins.bottom, margins.width
    body = f"arena[y : y + {margins.channels * rows * margins.row}] = np.float32(0)\n"
    body += margins.loop(f"copy_any(arena, y + large, x + small, {width})\n")
    return Single(single_function(doc, body, ("arena", "x", "y")))

"""What a layer's code generator returns for a single image, and what several of them use.

Its lanes are columns or channels, and its maps are [channel][row][column].
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.function import Function
from lenet.dsl.padding import Sides
from lenet.dsl.shapes import Shape, product

ARGUMENTS = ("arena", "weights", "w", "s", "x", "y", "scratch")


@dataclass(frozen=True)
class Single:
    """The function NAME_single, if there is anything to do, and the floats that it needs
    meanwhile."""

    function: Function | None = None
    scratch: int = 0


def single_function(
    doc: str, body: str, parameters: tuple[str, ...] = ARGUMENTS, tiles: str = ""
) -> Function:
    """NAME_single; `tiles` are the lines before it."""
    return Function("single", parameters, doc, body, tiles)


def each_value(request: Request, doc: str, value: str) -> Single:
    """y = `value`, an expression of x0[place], x1[place], …, written as {x0}, {x1}."""
    names = tuple(f"x{k}" for k in range(len(request.node.inputs)))
    size = product(request.node.shape)
    places = {name: f"arena[{name} + place]" for name in names}
    body = f"for place in range({size}):\n    arena[y + place] = {value.format(**places)}\n"
    return Single(single_function(doc, body, ("arena", *names, "y")))


@dataclass(frozen=True)
class Padded:
    """A map with a border around it, which `source` copies to `at`; without one, the map itself.

    Of `apart` columns, all first ones of a row lie side by side, then all second ones, and so on:
    column c lies at `column(c)`.
    """

    at: str
    height: int
    width: int
    source: str
    scratch: int
    apart: int = 1

    def column(self, number: int) -> int:
        """Where a column of a row lies."""
        return number % self.apart * (self.width // self.apart) + number // self.apart

    @classmethod
    def of(cls, given: Shape, padding: Sides, fill: str, apart: int = 1) -> "Padded":
        """A map of the shape `given`, with `fill` in rows and columns of padding on all sides."""
        channels, height, width = given
        (above, below), (left, right) = padding
        rows, columns = height + above + below, width + left + right
        if rows == height and columns == width and apart == 1:
            return cls("x", height, width, "", 0)
        columns = -(-columns // apart) * apart
        size = channels * rows * columns
        source = (
            f"arena[scratch : scratch + {size}] = {fill}\n"
            f"for channel in range({channels}):\n"
            f"    for row in range({height}):\n"
            f"        place = scratch + (channel * {rows} + row + {above}) * {columns}"
            f"{f' + {left}' if apart == 1 else ''}\n"
            f"        first = x + (channel * {height} + row) * {width}\n"
        )
        for part in range(apart):
            to, start, by = "place", "", ""
            if apart > 1:
                begin = (part - left) % apart
                to = f"place + {part * (columns // apart) + (begin + left) // apart}"
                start, by = f"{begin}, ", f", {apart}"
            source += f"        for column in range({start}{width}{by}):\n"
            index = "column" if apart == 1 else f"(column - {begin}) // {apart}"
            source += f"            arena[{to} + {index}] = arena[first + column]\n"
        return cls("scratch", rows, columns, source, size, apart)


def vectors_of(count: int, width: int) -> list[tuple[int, int]]:
    """(start, floats) of the vectors that hold `count` floats."""
    return [(start, min(width, count - start)) for start in range(0, count, width)]


Vectors = tuple[tuple[int, int], ...]  # as those of vectors_of


def vector_groups(
    count: int, width: int, runs: Iterable[tuple[int, int, int]]
) -> Iterator[tuple[int, Vectors, int]]:
    """The vectors that hold `count` floats, in groups that tiles take: (start, vectors as seen from
    there, number of such groups, side by side). Groups that are alike take the same tile.

    `runs` are (first vector, vectors of a group, groups); the last vector may be a part of one.
    """
    for first, size, groups in runs:
        start, step = first * width, size * width
        whole = min(groups, (count - start) // step)
        if whole:
            yield start, tuple(vectors_of(step, width)), whole
        if whole < groups:
            start += whole * step
            yield start, tuple(vectors_of(count - start, width)), 1

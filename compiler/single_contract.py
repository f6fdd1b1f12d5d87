"""What a layer's code generator returns for a single image, and what several of them use.

Its lanes are columns or channels, and its maps are [channel][row][column].
"""

from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.function import Function
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
    """A map with a border around it, which `source` copies to `at`; without one, the map itself."""

    at: str
    height: int
    width: int
    source: str
    scratch: int

    @classmethod
    def of(
        cls, given: Shape, padding: tuple[int, int], fill: str, beyond: tuple[int, int] = (0, 0)
    ) -> "Padded":
        """A map of the shape `given`, with `fill` in rows and columns of padding on both sides, and
        in those `beyond` at the end."""
        channels, height, width = given
        rows, columns = height + 2 * padding[0] + beyond[0], width + 2 * padding[1] + beyond[1]
        if not any((*padding, *beyond)):
            return cls("x", height, width, "", 0)
        size = channels * rows * columns
        source = (
            f"arena[scratch : scratch + {size}] = {fill}\n"
            f"for channel in range({channels}):\n"
            f"    for row in range({height}):\n"
            f"        place = scratch + (channel * {rows} + row + {padding[0]}) * {columns}"
            f" + {padding[1]}\n"
            f"        first = x + (channel * {height} + row) * {width}\n"
            f"        for column in range({width}):\n"
            f"            arena[place + column] = arena[first + column]\n"
        )
        return cls("scratch", rows, columns, source, size)


def vectors_of(count: int, width: int) -> list[tuple[int, int]]:
    """(start, floats) of the vectors that hold `count` floats."""
    return [(start, min(width, count - start)) for start in range(0, count, width)]

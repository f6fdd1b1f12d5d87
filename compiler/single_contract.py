"""What a layer's code generator returns for a single image, and what several of them use.

Its lanes are columns or channels. Its maps are [channel][row][column], or by places:
[row][column][channel].
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import Function
from lenet.compiler.target import LANES
from lenet.dsl.padding import Sides
from lenet.dsl.shapes import Shape, product

ARGUMENTS = ("arena", "weights", "w", "s", "x", "y", "scratch")


@dataclass(frozen=True)
class Stage:
    """A function whose `units` threads share, each by its number `unit`, or as one `piece` of as
    many `pieces`."""

    function: Function
    units: int = 1


@dataclass(frozen=True)
class Single:
    """The function NAME_single, if there is anything to do, and the floats that it needs
    meanwhile.

    Threads share its `units`, of which it does the one numbered `unit`; `before` it go other
    stages, one when the last is through. `prepare` leaves `prepared` floats for each new set of
    weights. Its output lies `by_places` if it says so, or if it was given inputs that do.
    """

    function: Function | None = None
    scratch: int = 0
    units: int = 1
    before: tuple[Stage, ...] = ()
    prepare: Stage | None = None
    prepared: int = 0
    by_places: bool = False


def single_function(
    doc: str, body: str, parameters: tuple[str, ...] = ARGUMENTS, tiles: str = "",
    numbers: tuple[tuple[str, int], ...] = (),
) -> Function:  # fmt: skip
    """NAME_single; `tiles` are the lines before it."""
    return Function("single", parameters, doc, body, tiles, numbers=numbers)


def place_floats(channels: int) -> int:
    """From one place of a map to the next, by places: neighbours that lay a large power of two
    apart would share few places of the first-level cache."""
    return channels + LANES if channels % _APART == 0 else channels


_APART = 256  # floats: four times as many lie in the same set of a first-level cache again
_UNIT = 2**14  # floats of which a unit is made, where they need little work


def each_vector(request: Request, doc: str, lines: str, before: str = "") -> Single:
    """`lines` for each `place` of a vector: they store y, from vectors of x0, x1, …, written as
    {x0}, {x1}, or of {x}, where there is one input. Behind the last value there is room for a whole
    vector."""
    count = len(request.node.inputs)
    names = ("x",) if count == 1 else tuple(f"x{k}" for k in range(count))
    shape = request.node.shape
    size = product(shape)
    if request.by_places:
        size = place_floats(shape[0]) * product(shape[1:])
    places = {name: f"load(arena, {name} + place)" for name in names}
    body = (
        f"{before}for place in range(unit * {_UNIT}, min(unit * {_UNIT} + {_UNIT}, size), "
        f"{LANES}):\n{indent(lines.format(**places), '    ')}"
    )
    parameters, numbers = ("arena", *names, "y", "unit"), (("size", size),)
    function = single_function(doc, body, parameters, numbers=numbers)
    return Single(function, units=-(-size // _UNIT))


Read = Callable[[str, str], str]  # an array and an offset, to an expression of what is there


def each_channel(
    request: Request, doc: str, value: Callable[[Read], str], parameters: tuple[str, ...],
    prepare: Stage | None = None, prepared: int = 0,
) -> Single:  # fmt: skip
    """y = `value`, an expression of vectors that it reads, at each `channel` of each place, whose
    values begin at `at`; by places. Channels that are no whole vector are the first lane of one
    each."""
    channels, places = request.node.shape[0], product(request.node.shape[1:])
    whole, apart = channels - channels % LANES, place_floats(channels)
    each = max(1, _UNIT // channels)
    vector = value(lambda array, offset: f"load_any({array}, {offset})")
    alone = value(lambda array, offset: f"splat({array}[{offset}])")
    body = (
        f"for place in range(unit * {each}, min(unit * {each} + {each}, {places})):\n"
        f"    for channel in range(0, {whole}, {LANES}):\n"
        f"        at = place * {apart} + channel\n"
        f"        store_any(arena, y + at, {vector})\n"
        f"    for channel in range({whole}, {channels}):\n"
        f"        at = place * {apart} + channel\n"
        f"        store_one(arena, y + at, {alone})\n"
    )
    function = single_function(doc, body, parameters)
    units = -(-places // each)
    return Single(function, units=units, prepare=prepare, prepared=prepared)


_BORDER = """\
for line in range(unit * each, min(unit * each + each, maps * height)):
    to = scratch + line * (before + floats + behind)
    row = line % height - above
    if row < 0 or row >= inner:
        fill_any(arena, to, before + floats + behind, np.float32(0))
    else:
        fill_any(arena, to, before, np.float32(0))
        copy_any(arena, to + before, x + (line // height * inner + row) * floats, floats)
        fill_any(arena, to + before + floats, behind, np.float32(0))
"""


@dataclass(frozen=True)
class Border:
    """A map with a border around it, which NAME_border makes a row at a time.

    `maps` such maps of `rows` by `columns`, of `each` floats a column, get as many zeros as `sides`
    say above and below, on the left and on the right.
    """

    maps: int
    rows: int
    columns: int
    each: int
    sides: Sides

    @property
    def height(self) -> int:
        """With the border, as the next two."""
        return self.rows + sum(self.sides[0])

    @property
    def width(self) -> int:
        return self.columns + sum(self.sides[1])

    @property
    def floats(self) -> int:
        return self.maps * self.height * self.width * self.each

    @property
    def stage(self) -> Stage:
        """NAME_border."""
        (above, _), (left, right) = self.sides
        rows = max(1, _UNIT // (self.width * self.each))  # of a unit
        numbers = {
            "maps": self.maps, "inner": self.rows, "height": self.height, "above": above,
            "before": left * self.each, "floats": self.columns * self.each,
            "behind": right * self.each, "each": rows,
        }  # fmt: skip
        doc = "Rows of x with their borders."
        parameters = ("arena", "x", "scratch", "unit")
        function = Function("border", parameters, doc, _BORDER, numbers=tuple(numbers.items()))
        return Stage(function, -(-self.maps * self.height // rows))


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


def steps_of(
    name: str, runs: Iterable[tuple[int, int, int]], part: str, each: int
) -> Iterator[tuple[int, str]]:
    """Loops over the steps of runs (first, size of a step, steps), of which `part` has the next
    `each`: (size, the loop's head, which finds where a step begins, as `name`)."""
    before = 0
    for first, size, count in runs:
        start, end = f"{part} * {each}", f"{part} * {each} + {each}"
        span = f"max({start}, {before}), min({end}, {before + count})"
        if part == "0":
            span = f"{before}, {before + count}"
        head = f"for step_of_{name} in range({span}):\n"
        yield size, f"{head}    {name} = {first} + (step_of_{name} - {before}) * {size}\n"
        before += count


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

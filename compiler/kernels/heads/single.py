"""The heads of attention for one image: the lanes are queries, so that each has the sums of a block
in their order."""

from textwrap import indent

from lenet.compiler.function import NAME
from lenet.compiler.kernels.heads.geometry import Heads
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.single_contract import Single, single_function, vectors_of
from lenet.compiler.target import LANES, split

_VECTORS = 4  # of queries at once: with four keys or channels, their sums fit into all registers


def emit(heads: Heads) -> Single:
    """Behind the numbers of the steps, the scratch has the probabilities as [key][query], of one
    head after the other."""
    row = -(-heads.steps // LANES) * LANES
    tiles: dict[str, str] = {}
    body = f"for step in range({row}):\n    arena[scratch + step] = np.float32(step)\n"
    if heads.text:
        body += heads.text.known_single
    seen = "known" if heads.text else str(heads.steps)
    all_values = heads.heads * heads.width * heads.steps
    inside = (
        f"q = x + head * {heads.width * heads.steps}\nk = q + {all_values}\nv = k + {all_values}\n"
        f"y_head = y + head * {heads.width * heads.steps}\n"
        + _scores(heads, row, tiles)
        + _softmax(heads, row, seen)
        + _mixed(heads, row, tiles)
    )
    body += f"p = scratch + {row}\nfor head in range({heads.heads}):\n{indent(inside, '    ')}"
    parameters = ("arena", "weights", "x", *(("x1",) if heads.text else ()), "y", "scratch")
    doc = "y = the values of each head, mixed by how well queries fit keys."
    function = single_function(doc, body, parameters, "".join(tiles.values()) + "\n\n")
    return Single(function, row * (heads.steps + 1))


def _tile(
    tiles: dict[str, str], name: str, width: int, vectors: list[tuple[int, int]],
    scalars: tuple[tuple[int, int], ...], loop: tuple[int, int, int],
) -> str:  # fmt: skip
    """Makes a SingleTile of some vectors of queries."""
    settings: dict[str, object] = {
        "width": width,
        "vectors": tuple((start, start, count) for start, count in vectors),
        "scalars": scalars,
        "loops": (loop,),
        "bias": "none",
    }
    name = f"{NAME}_single_{name}_{len(scalars)}_at_{vectors[0][0]}"
    tiles[name] = f"{name} = single_tile(SingleTile(\n{lines(settings)}))\n"
    return name


def _scores(heads: Heads, row: int, tiles: dict[str, str]) -> str:
    """Products of all queries and keys."""
    steps, body = heads.steps, ""
    for first, size, parts in split(steps, 4):
        body += f"for step in range({first}, {first + size * parts}, {size}):\n"
        for queries in _vectors(heads):
            scalars = tuple((k, k * row) for k in range(size))
            loop = (heads.width, steps, steps)
            tile = _tile(tiles, "scores", heads.target.width, queries, scalars, loop)
            body += f"    {tile}(arena, q, arena, k + step, weights, 0, arena, p + step * {row})\n"
    return body


def _mixed(heads: Heads, row: int, tiles: dict[str, str]) -> str:
    """The values mixed by their probabilities."""
    steps, body = heads.steps, ""
    for first, size, parts in split(heads.width, 4):
        body += f"for channel in range({first}, {first + size * parts}, {size}):\n"
        for queries in _vectors(heads):
            scalars = tuple((k * steps, k * steps) for k in range(size))
            tile = _tile(tiles, "mixed", heads.target.width, queries, scalars, (steps, row, 1))
            at = f"channel * {steps}"
            body += f"    {tile}(arena, p, arena, v + {at}, weights, 0, arena, y_head + {at})\n"
    return body


def _vectors(heads: Heads) -> list[list[tuple[int, int]]]:
    vectors = vectors_of(heads.steps, heads.target.width)
    return [vectors[k : k + _VECTORS] for k in range(0, len(vectors), _VECTORS)]


def _softmax(heads: Heads, row: int, seen: str) -> str:
    """Sixteen queries at a time; keys that one does not see have a probability of 0."""
    mask = "select_less(at, number, {0}, value)" if heads.causal else ""

    def masked(otherwise: str) -> str:
        return f"value = {mask.format(otherwise)}\n" if mask else ""

    value = f"place = p + step * {row} + query\n"
    number = "number = splat(np.float32(step))\n" if heads.causal else ""
    larger = f"{value}{number}value = load(arena, place)\n{masked('largest')}"
    larger += "largest = maximum(largest, value)\n"
    add = f"{value}{number}value = exp((load(arena, place) - largest) * scale)\n{masked('zero')}"
    add += "total = total + value\nstore(arena, place, value)\n"
    divide = f"{value}store(arena, place, load(arena, place) * inverse)\n"
    only = ""
    if heads.text:
        only = "inverse = select_less(at, splat(np.float32(known)), inverse, zero)\n"
    body = (
        "at = load(arena, scratch + query)\nlargest = load(arena, p + query)\n"
        f"for step in range(1, {seen}):\n{indent(larger, '    ')}"
        f"total = zero\nfor step in range({seen}):\n{indent(add, '    ')}"
        f"inverse = one / total\n{only}"
        f"for step in range({seen}):\n{indent(divide, '    ')}"
    )
    if heads.text:
        zeros = f"{value}store(arena, place, zero)\n"
        body += f"for step in range({seen}, {heads.steps}):\n{indent(zeros, '    ')}"
    numbers = (
        f"one = splat(np.float32(1))\nzero = splat(np.float32(0))\nscale = splat({heads.scale})\n"
    )
    return f"{numbers}for query in range(0, {row}, {LANES}):\n{indent(body, '    ')}"

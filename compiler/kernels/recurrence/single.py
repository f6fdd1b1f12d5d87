"""One sequence: the lanes are units."""

from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.recurrence.cell import Recurrence
from lenet.compiler.kernels.recurrence.products import parts_of_sums
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.single_contract import ARGUMENTS, Single, single_function, vectors_of
from lenet.compiler.target import LANES, split

_TOGETHER = 8  # vectors of sums of a tile


def single(request: Request, r: Recurrence) -> Single:
    """The same steps with the same sums; of a text, no more than it has words. The scratch is x, h,
    the sums and the other states."""
    sums_at = r.inputs + r.units
    others_at = sums_at + r.sums
    states = [r.inputs, *(others_at + k * r.units for k in range(len(r.cell.states) - 1))]
    tiles, products = _sums(request, r, sums_at)
    body = "".join(
        f"arena[scratch + {at} : scratch + {at + r.units}] = np.float32(0)\n" for at in states
    )
    body += r.text.known_single_or_none if r.text else f"known = {r.steps}\n"
    step = (
        f"for channel in range({r.inputs}):\n"
        f"    arena[scratch + channel] = arena[x + channel * {r.steps} + step]\n"
    )
    step += products + _step(r, sums_at, states)
    if not r.last:
        step += f"for unit in range({r.units}):\n"
        step += f"    arena[y + unit * {r.steps} + step] = arena[scratch + {r.inputs} + unit]\n"
    body += r.each_step("known", True) + indent(step, "    ")
    h = f"arena[scratch + {r.inputs} + unit]"
    if r.last:
        body += f"for unit in range({r.units}):\n    arena[y + unit] = {h}\n"
    elif r.text:
        value = "np.float32(0)" if r.backward else h
        body += f"for unit in range({r.units}):\n    for step in range(known, {r.steps}):\n"
        body += f"        arena[y + unit * {r.steps} + step] = {value}\n"
    doc = "y = the states h of all steps, or of the last one; the lanes are units."
    more = ("x1",) if r.text else ()
    function = single_function(doc, body, (*ARGUMENTS, *more), f"{tiles}\n\n")
    return Single(function, others_at + r.state - r.units)


def _sums(request: Request, r: Recurrence, sums_at: int) -> tuple[str, str]:
    """Tiles of the sums of a step, and their calls."""
    tiles = body = ""
    for first, count, value, values, weights in parts_of_sums(request, r):
        vectors = vectors_of(count, request.target.width)
        for _, size, parts in split(len(vectors), _TOGETHER):
            for _ in range(parts):
                part, vectors = vectors[:size], vectors[size:]
                tile = f"{NAME}_single_{first + part[0][0]}"
                settings: dict[str, object] = {
                    "width": request.target.width,
                    "vectors": tuple((start, start, floats) for start, floats in part),
                    "scalars": ((0, 0),),
                    "loops": ((values, r.columns, 1),),
                    "bias": "vectors",
                }
                tiles += f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"
                body += (
                    f"{tile}(weights, {weights}, arena, scratch + {value}, weights, "
                    f"{request.offsets['bias']} + {first}, arena, scratch + {sums_at + first})\n"
                )
    return tiles, body


def _step(r: Recurrence, sums_at: int, states: list[int]) -> str:
    """The states of a step from its sums, sixteen units at a time."""
    cell = r.cell
    inside = "".join(
        f"a{k} = load_any(arena, scratch + {sums_at + k * r.units} + unit)\n"
        for k in range(len(cell.gates))
    )
    inside += "".join(
        f"{s}_before = load_any(arena, scratch + {at} + unit)\n"
        for s, at in zip(cell.states, states, strict=True)
    )
    inside += cell.forward + "".join(
        f"store_first(arena, scratch + {at} + unit, {s}, {r.units} - unit)\n"
        for s, at in zip(cell.states, states, strict=True)
    )
    return f"for unit in range(0, {r.units}, {LANES}):\n" + indent(inside, "    ")

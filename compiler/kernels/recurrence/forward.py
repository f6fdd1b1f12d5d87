"""Along the steps, and back through them."""

from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.recurrence.cell import Recurrence
from lenet.compiler.kernels.recurrence.products import state_gradient, sums
from lenet.compiler.target import LANES

_ZERO = "zero = splat(np.float32(0))\n"


def forward(request: Request, r: Recurrence) -> tuple[Function, int]:
    """All steps of all blocks of a group; and its scratch for each block: x, h, the sums, the other
    states, and how many steps each text has."""
    others_at = (r.inputs + r.units + r.sums) * LANES
    known_at = others_at + (r.state - r.units) * LANES
    block = known_at + (LANES if r.text else 0)
    tiles, products = sums(request, r, block)
    states = [r.inputs * LANES, *(others_at + k * r.units * LANES
                                  for k in range(len(r.cell.states) - 1))]  # fmt: skip
    body = _ZERO + "for block in range(blocks):\n" + indent(_begin(r, block, states), "    ")
    body += _longest(r, block, known_at)
    step = f"for block in range(blocks):\n    at = scratch + block * {block}\n" + indent(
        f"for channel in range({r.inputs}):\n"
        f"    place = x + ((block * {r.inputs} + channel) * {r.steps} + step) * {LANES}\n"
        f"    store(arena, at + channel * {LANES}, load(arena, place))\n", "    ",
    )  # fmt: skip
    step += products
    step += f"for block in range(blocks):\n    at = scratch + block * {block}\n"
    step += indent(_step(r, states, known_at), "    ")
    body += r.each_step("longest", True) + indent(step, "    ")
    body += f"for block in range(blocks):\n    at = scratch + block * {block}\n"
    body += indent(_end(r), "    ")
    parameters = ("arena", "weights", "w", "x", *(("x1",) if r.text else ()), "y", "saved",
                  "scratch", "blocks")  # fmt: skip
    doc = "y = the states h of all steps, or of the last one, each from the one before it."
    return Function("forward", parameters, doc, body, f"{tiles}\n\n"), block


def _begin(r: Recurrence, block: int, states: list[int]) -> str:
    """States of 0, and what is known of texts."""
    places = "".join(
        f"    store(arena, scratch + block * {block} + {at} + unit * {LANES}, zero)\n"
        for at in states
    )
    source = f"for unit in range({r.units}):\n{places}"
    return source


def _longest(r: Recurrence, block: int, known_at: int) -> str:
    """Source that makes `longest`, and keeps `known` for each text and, for backward, the states
    before the first step."""
    source = f"longest = {r.steps}\n"
    if r.text:
        source = (
            "longest = 1\nfor block in range(blocks):\n"
            f"    codes = x1 + block * {r.text.words * LANES}\n"
            + indent(r.text.known_from("codes", none=True), "    ")
            + f"    store(arena, scratch + block * {block} + {known_at}, known)\n"
            f"    if saved >= 0:\n        store(arena, saved + block * {r.saved} + {r.known_at}, "
            "known)\n"
            f"    for lane in range({LANES}):\n"
            f"        steps = int(arena[scratch + block * {block} + {known_at} + lane])\n"
            "        longest = max(longest, steps)\n"
        )
    first = "longest" if r.backward else "0"
    return source + (
        "if saved >= 0:\n    for block in range(blocks):\n"
        f"        place = saved + block * {r.saved} + {r.states(first)}\n"
        f"        for unit in range({r.state}):\n"
        f"            store(arena, place + unit * {LANES}, zero)\n"
    )


def _step(r: Recurrence, states: list[int], known_at: int) -> str:
    """The gates and the states of a block, from its sums."""
    cell, first = r.cell, (r.inputs + r.units) * LANES
    inside = "".join(
        f"a{k} = load(arena, at + {first + k * r.units * LANES} + unit * {LANES})\n"
        for k in range(len(cell.gates))
    )
    inside += "".join(
        f"{s}_before = load(arena, at + {place} + unit * {LANES})\n"
        for s, place in zip(cell.states, states, strict=True)
    )
    inside += cell.forward
    if r.text:
        inside += "".join(f"{s} = select_less(now, known, {s}, {s}_before)\n" for s in cell.states)
    inside += "".join(
        f"store(arena, at + {place} + unit * {LANES}, {s})\n"
        for s, place in zip(cell.states, states, strict=True)
    )
    if not r.last:
        place = f"y + ((block * {r.units} + unit) * {r.steps} + step) * {LANES}"
        inside += f"store(arena, {place}, h)\n"
    kept = "".join(
        f"    store(arena, gates + ({k * r.units} + unit) * {LANES}, {gate})\n"
        for k, gate in enumerate(cell.gates)
    ) + "".join(
        f"    store(arena, behind + ({k * r.units} + unit) * {LANES}, {state})\n"
        for k, state in enumerate(cell.states)
    )
    inside += f"if saved >= 0:\n{kept}"
    head = f"known = load(arena, at + {known_at})\nnow = splat(np.float32(step))\n" * bool(r.text)
    head += (
        f"gates = saved + block * {r.saved} + step * {r.sums * LANES}\n"
        f"behind = saved + block * {r.saved} + {r.states(f'step + {1 - r.before}')}\n"
    )
    return head + f"for unit in range({r.units}):\n" + indent(inside, "    ")


def _end(r: Recurrence) -> str:
    """The last states, and of short texts, the steps behind all words: the state stays."""
    h = f"load(arena, at + ({r.inputs} + unit) * {LANES})"
    if r.last:
        inside = f"store(arena, y + (block * {r.units} + unit) * {LANES}, {h})\n"
    elif r.text:
        place = f"y + ((block * {r.units} + unit) * {r.steps} + step) * {LANES}"
        inside = f"h = {'zero' if r.backward else h}\nfor step in range(longest, {r.steps}):\n"
        inside += f"    store(arena, {place}, h)\n"
    else:
        return "pass\n"
    return f"for unit in range({r.units}):\n" + indent(inside, "    ")


def spread(request: Request, r: Recurrence) -> tuple[Function, int]:
    """The gradients of the sums of all steps, in place of the gates; and its scratch for each
    block: the gradients of the states."""
    block = r.state * LANES
    tiles, products = state_gradient(request, r, block)
    body = _ZERO + _group_longest(r)
    body += f"for block in range(blocks):\n    at = scratch + block * {block}\n"
    body += indent(_begin_back(r), "    ")
    step = f"for block in range(blocks):\n    at = scratch + block * {block}\n"
    step += indent(_step_back(r), "    ") + products
    body += r.each_step("longest", False) + indent(step, "    ")
    parameters = ("arena", "weights", "w", "saved", "dy", "scratch", "blocks")
    doc = "The gradients of the sums of all steps, from the last to the first."
    return Function("spread", parameters, doc, body, f"{tiles}\n\n"), block


def _group_longest(r: Recurrence) -> str:
    if not r.text:
        return f"longest = {r.steps}\n"
    return (
        "longest = 1\nfor block in range(blocks):\n    for lane in range(16):\n"
        f"        steps = int(arena[saved + block * {r.saved} + {r.known_at} + lane])\n"
        "        longest = max(longest, steps)\n"
    )


def _begin_back(r: Recurrence) -> str:
    """What comes to the last states from beyond the steps that are done."""
    dy = f"dy + (block * {r.units} + unit) * {LANES}"
    inside = f"dh = {f'load(arena, {dy})' if r.last else 'zero'}\n"
    if r.text and not r.last and not r.backward:
        place = f"dy + ((block * {r.units} + unit) * {r.steps} + step) * {LANES}"
        inside += f"for step in range(longest, {r.steps}):\n    dh = dh + load(arena, {place})\n"
    inside += f"store(arena, at + unit * {LANES}, dh)\n"
    inside += "".join(
        f"store(arena, at + ({k * r.units} + unit) * {LANES}, zero)\n"
        for k in range(1, len(r.cell.states))
    )
    return f"for unit in range({r.units}):\n" + indent(inside, "    ")


def _step_back(r: Recurrence) -> str:
    """The gradients of a block's sums of a step, and of the states before it but for what the
    product adds."""
    cell = r.cell

    def places(base: str, names: tuple[str, ...], suffix: str = "") -> str:
        return "".join(
            f"{name}{suffix} = load(arena, {base} + ({k * r.units} + unit) * {LANES})\n"
            for k, name in enumerate(names)
        )

    inside = places("gates", cell.gates) + places("behind", cell.states)
    inside += places("before", cell.states, "_before")
    slopes = tuple(f"d{state}" for state in cell.states)
    inside += places("at", slopes)
    if not r.last:
        dy = f"dy + ((block * {r.units} + unit) * {r.steps} + step) * {LANES}"
        inside += f"dh = dh + load(arena, {dy})\n"
    inside += cell.backward
    given = [f"d{k}" for k in range(len(cell.gates))]
    if r.text:
        pairs = [*((d, "zero") for d in given), *((f"{d}_before", d) for d in slopes)]
        inside += "".join(f"{d} = select_less(now, known, {d}, {o})\n" for d, o in pairs)
    inside += "".join(
        f"store(arena, gates + ({k * r.units} + unit) * {LANES}, {d})\n"
        for k, d in enumerate(given)
    )
    inside += "".join(
        f"store(arena, at + ({k * r.units} + unit) * {LANES}, {d}_before)\n"
        for k, d in enumerate(slopes)
    )
    head = (
        f"gates = saved + block * {r.saved} + step * {r.sums * LANES}\n"
        f"before = saved + block * {r.saved} + {r.states(f'step + {r.before}')}\n"
        f"behind = saved + block * {r.saved} + {r.states(f'step + {1 - r.before}')}\n"
    )
    if r.text:
        head += f"known = load(arena, saved + block * {r.saved} + {r.known_at})\n"
        head += "now = splat(np.float32(step))\n"
    return head + f"for unit in range({r.units}):\n" + indent(inside, "    ")

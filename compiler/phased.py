"""train_slice of a net that is trained in phases, and what all functions write alike.

It is a single function, with a single loop over the blocks, in which the phase decides what is
done: numba would link and optimize the kernels anew for each function, and takes its time for every
expression.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from compiler.plan import Place, Plan
from compiler.schedule import Call, Phase, segments
from compiler.target import BLOCKS, LANES

LOOP = f"""\
    for first in range(0, rows.size, {BLOCKS * LANES}):
        blocks = min({BLOCKS}, (rows.size - first + 15) // 16)
"""
IMAGES = "images = min(16, rows.size - first - block * 16)"

Spans = tuple[tuple[int, int], ...]

_HEAD = '''@Entry
def train_slice(phase, arena, weights, gradient, batch, sums, pixels, labels, rows, scale, shift,
                key, fresh, totals):
    """One of {count} phases of the same: it completes some parts of `gradient`.

    `arena` is the slice's own from phase to phase: {floats} floats and {kept} for each block.
    `batch` tells of the whole batch, `sums` gets what has to be known of it next.
    """
    all_blocks = (rows.size + 15) // 16
    grouped = {floats} + {block} * all_blocks
'''
_BLOCK = f"""\
        for block in range(blocks):
            {IMAGES}
            here = first // 16 + block
            kept = {{floats}} + here * {{block}}
"""


def phased_source(
    phases: tuple[Phase, ...], plan: Plan, spans: tuple[Spans, ...], cleared: tuple[Spans, ...],
    probes: bool,
) -> str:  # fmt: skip
    """`spans` are the parts of the gradient that each phase computes, `cleared` those of them that
    it only adds to."""
    numbers: dict[int, int] = {}
    for phase in phases:
        for call in phase.calls:
            numbers[id(call)] = len(numbers)

    def lines_of(margin: str, phase: int, calls: tuple[Call, ...]) -> Iterator[str]:
        for call in calls:
            yield f"{margin}{call.function}({arguments(call, plan.places[phase])})"
            if probes:
                yield f"{margin}before = probe(times, {numbers[id(call)]}, before)"

    lines = ["    before = clock()"] if probes else []
    for number, phase in enumerate(phases):
        what = f", up to the {phase.sync.kind} of {phase.sync.node.name}" if phase.sync else ""
        lines.append(f"    # Phase {number}{what}.")
        begin = [" " * 8 + line for line in clearing(spans[number], cleared[number])]
        if phase.sync is not None and phase.sync.kind == "statistics":
            begin.append(f"        clear(sums, 0, {2 * phase.sync.channels})")
        if any(call.function == "loss" for call in phase.calls):
            begin.append("        clear(totals, 0, 2)")
        once = tuple(call for call in phase.calls if call.scope == "once")
        begin += lines_of(" " * 8, number, once)
        lines += [f"    if phase == {number}:", *begin] if begin else []
    lines += LOOP.splitlines()
    looped = [
        segments(call for call in phase.calls if call.scope in ("block", "group"))
        for phase in phases
    ]
    for turn in zip_longest(*looped, fillvalue=()):
        # The first parts of all phases, then the second ones of those that have some.
        by_blocks = [(k, run) for k, run in enumerate(turn) if run and run[0].scope == "block"]
        if by_blocks:
            lines += _BLOCK.format(floats=plan.floats, block=plan.kept).splitlines()
        for number, run in by_blocks:
            lines.append(f"            if phase == {number}:")
            lines += lines_of(" " * 16, number, run)
        for number, run in enumerate(turn):
            if run and run[0].scope == "group":
                lines.append(f"        if phase == {number}:")
                lines += lines_of(" " * 12, number, run)
    for number, phase in enumerate(phases):
        last = tuple(call for call in phase.calls if call.scope == "last")
        if last:
            lines += [f"    if phase == {number} and rows.size:", *lines_of(" " * 8, number, last)]
    head = _HEAD.format(
        count=len(phases), floats=plan.floats, kept=plan.kept + plan.grouped, block=plan.kept
    )
    return head + "\n".join(lines) + "\n"


def clearing(spans: Spans, cleared: Spans) -> list[str]:
    """Lines that set to 0 what is only added to; and everything, where no image writes it."""
    lines = [f"clear(gradient, {first}, {last})" for first, last in cleared]
    if cleared != spans:
        lines.append("if rows.size == 0:")
        lines += [f"    clear(gradient, {first}, {last})" for first, last in spans]
    return lines


def probed(source: str, probes: bool) -> str:
    """With probes, the functions take `times` as well."""
    if not probes:
        return source
    source = source.replace("fresh, totals):", "fresh, totals, times):")
    return source.replace("fresh, outputs) -> bool:", "fresh, outputs, times) -> bool:")


def arguments(call: Call, places: Mapping[str, Place]) -> str:
    return ", ".join(
        a if isinstance(a, str) else _offset(places[a.name], call.scope) for a in call.arguments
    )


def _offset(place: Place, scope: str) -> str:
    if place.kept == "block":
        return f"kept + {place.offset}"
    if place.kept == "group":
        block = "here" if scope == "block" else "first // 16"
        return f"grouped + {place.offset} * all_blocks + {block} * {place.step}"
    if scope == "block" and place.step:
        return f"{place.offset} + block * {place.step}" if place.offset else f"block * {place.step}"
    return str(place.offset)

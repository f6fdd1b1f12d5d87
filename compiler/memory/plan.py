"""The memory plan: one arena a thread, in which buffers whose lives do not meet share space; and
what is prepared of new weights for all of them."""

from bisect import insort
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lenet.compiler.memory.phase import Buffer, Call, Phase, segments
from lenet.compiler.target import BLOCKS, LANES
from lenet.compiler.verify import CompilerBug


@dataclass(frozen=True)
class Place:
    """A buffer's offset in floats, and the step from one block's copy to the next (0: one copy).

    What is kept from one phase to another has a copy for every block of the slice: "block" beside
    what else is kept for the block, or "group" beside its copies for the other blocks, where a call
    works on several of them; then `offset` is to be multiplied by the number of blocks.
    """

    offset: int
    step: int
    kept: str = ""


@dataclass(frozen=True)
class Plan:
    """`places` by phase; `floats` that all phases share; and for each block `kept` floats, and
    `grouped` ones behind those of all blocks. What all slices share has `ready` floats of its own,
    where what is prepared lies at the places `prepared`."""

    places: tuple[Mapping[str, Place], ...]
    floats: int
    kept: int = 0
    grouped: int = 0
    ready: int = 0
    prepared: Mapping[str, Place] = field(default_factory=dict)


@dataclass
class _Life:
    buffer: Buffer
    first: int
    last: int
    parts: set[int]


def plan_memory(phases: Sequence[Phase]) -> Plan:
    """Each phase by itself; what several of them touch lives from the first to the last of them.
    What is prepared for all slices lies elsewhere."""
    prepared, ready = _plan_prepared(phases)
    lives: dict[str, _Life] = {}
    for number, phase in enumerate(phases):
        for call in phase.calls:
            for buffer in call.buffers:
                if buffer.name not in prepared:
                    life = lives.setdefault(buffer.name, _Life(buffer, number, number, set()))
                    life.last = number
    together = {
        buffer.name
        for phase in phases for call in phase.calls if call.scope == "group"
        for buffer in call.buffers
    }  # fmt: skip
    kept = dict(prepared)
    totals = {}
    for layout in ("block", "group"):
        spans = [
            (life.buffer, _rounded(life.buffer.size), life.first, life.last)
            for life in lives.values()
            if life.first < life.last and life.buffer.size
            and (life.buffer.name in together) == (layout == "group")
        ]  # fmt: skip
        offsets, totals[layout] = _first_fit(spans)
        for buffer, size, _, _ in spans:
            kept[buffer.name] = Place(offsets[buffer.name], size, layout)
    places: list[Mapping[str, Place]] = []
    floats = 0
    for phase in phases:
        own, needed = _plan_phase(phase.calls, kept)
        places.append(ChainMap(kept, own))
        floats = max(floats, needed)
    return Plan(tuple(places), floats, totals["block"], totals["group"], ready, prepared)


def _plan_prepared(phases: Sequence[Phase]) -> tuple[dict[str, Place], int]:
    """What is prepared for a phase is made beside the one before, and lives until it is over."""
    made = [[b for call in phase.preparations for b in call.buffers] for phase in phases]
    every = {buffer for own in made for buffer in own}
    for phase, own in zip(phases, made, strict=True):
        if every.intersection(b for call in phase.calls for b in call.buffers) != set(own):
            raise CompilerBug("what a phase reads is not what has been prepared for it")
    offsets, total = _first_fit(
        [(b, _rounded(b.size), number - 1, number) for number, own in enumerate(made) for b in own]
    )
    return {name: Place(offset, 0) for name, offset in offsets.items()}, total


def _plan_phase(calls: tuple[Call, ...], kept: Mapping[str, Place]) -> tuple[dict[str, Place], int]:
    """First fit by size over the calls' times.

    A buffer that only one loop over blocks touches needs a single copy. One that lives on to
    another loop needs a copy for each block of the group, for as long as those loops run. What is
    prepared once, or taken at the end, stays for good.
    """
    lives: dict[str, _Life] = {}
    bounds: list[tuple[int, int]] = []
    time = 0
    for part, run in enumerate(segments(calls)):
        start = time
        for call in run:
            for buffer in call.buffers:
                if buffer.name in kept:
                    continue
                life = lives.setdefault(buffer.name, _Life(buffer, time, time, set()))
                life.last = time
                life.parts.add(part)
            time += 1
        bounds.append((start, time - 1))
    group_calls = {part for part, run in enumerate(segments(calls)) if run[0].scope == "group"}
    lasting = {b.name for call in calls if call.scope in ("once", "end") for b in call.buffers}
    copies = {}
    spans = []
    for life in lives.values():
        name, size = life.buffer.name, _rounded(life.buffer.size)
        copies[name] = 1
        if name in lasting:
            life.first, life.last = 0, time
        elif len(life.parts) > 1 or life.parts & group_calls:
            copies[name] = BLOCKS
            life.first = bounds[min(life.parts)][0]
            life.last = bounds[max(life.parts)][1]
        spans.append((life.buffer, size * copies[name], life.first, life.last))
    offsets, total = _first_fit(spans)
    places = {
        buffer.name: Place(
            offsets[buffer.name], _rounded(buffer.size) if copies[buffer.name] > 1 else 0
        )
        for buffer, _, _, _ in spans
    }
    return places, total


def _rounded(size: int) -> int:
    return -(-size // LANES) * LANES  # loads demand whole cache lines


def _first_fit(spans: list[tuple[Buffer, int, int, int]]) -> tuple[dict[str, int], int]:
    """Offsets of (buffer, floats, first time, last time), and the floats that they need."""
    placed: list[tuple[int, int, int, int]] = []  # offset, end, first, last; sorted
    offsets: dict[str, int] = {}
    total = 0
    for buffer, need, first, last in sorted(spans, key=lambda s: (-s[0].size, s[2], s[0].name)):
        offset = 0
        for start, end, begin, until in placed:
            if begin <= last and first <= until:
                if offset + need <= start:
                    break
                if end > offset:
                    offset = end
        if need:
            insort(placed, (offset, offset + need, first, last))
        offsets[buffer.name] = offset
        total = max(total, offset + need)
    return offsets, total

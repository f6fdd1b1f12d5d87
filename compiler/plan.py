"""The memory plan: one arena a thread, in which buffers whose lives do not meet share space."""

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.schedule import Buffer, Call, segments
from compiler.target import BLOCKS, LANES


@dataclass(frozen=True)
class Place:
    """A buffer's offset in floats, and the step from one block's copy to the next (0: one copy)."""

    offset: int
    step: int


@dataclass(frozen=True)
class Plan:
    places: Mapping[str, Place]
    floats: int


@dataclass
class _Life:
    buffer: Buffer
    first: int
    last: int
    parts: set[int]


def plan_memory(calls: tuple[Call, ...]) -> Plan:
    """First fit by size over the calls' times.

    A buffer that only one loop over blocks touches needs a single copy. One that lives on to
    another loop needs a copy for each block of the group, for as long as those loops run. What is
    prepared once stays for good.
    """
    lives: dict[str, _Life] = {}
    bounds: list[tuple[int, int]] = []
    time = 0
    for part, run in enumerate(segments(calls)):
        start = time
        for call in run:
            for buffer in call.buffers:
                life = lives.setdefault(buffer.name, _Life(buffer, time, time, set()))
                life.last = time
                life.parts.add(part)
            time += 1
        bounds.append((start, time - 1))
    group_calls = {part for part, run in enumerate(segments(calls)) if run[0].scope == "group"}
    lasting = {b.name for call in calls if call.scope == "once" for b in call.buffers}
    placed: list[tuple[int, int, int, int]] = []  # first, last, offset, end
    places: dict[str, Place] = {}
    total = 0
    copies = {}
    for life in lives.values():
        copies[life.buffer.name] = 1
        if life.buffer.name in lasting:
            life.first, life.last = 0, time
        elif len(life.parts) > 1 or life.parts & group_calls:
            copies[life.buffer.name] = BLOCKS
            life.first = bounds[min(life.parts)][0]
            life.last = bounds[max(life.parts)][1]
    for life in sorted(lives.values(), key=lambda v: (-v.buffer.size, v.first, v.buffer.name)):
        name = life.buffer.name
        size = -(-life.buffer.size // LANES) * LANES  # loads demand whole cache lines
        need = size * copies[name]
        offset = 0
        rivals = [p for p in placed if p[0] <= life.last and life.first <= p[1]]
        for _, _, start, end in sorted(rivals, key=lambda p: p[2]):
            if offset + need <= start:
                break
            offset = max(offset, end)
        placed.append((life.first, life.last, offset, offset + need))
        places[name] = Place(offset, size if copies[name] > 1 else 0)
        total = max(total, offset + need)
    return Plan(places, total)

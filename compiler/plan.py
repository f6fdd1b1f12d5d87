"""The memory plan: one arena a thread, in which buffers whose lives do not meet share space."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.schedule import Buffer, Call, Phase, segments
from compiler.target import BLOCKS, LANES


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
    `grouped` ones behind those of all blocks."""

    places: tuple[Mapping[str, Place], ...]
    floats: int
    kept: int = 0
    grouped: int = 0


@dataclass
class _Life:
    buffer: Buffer
    first: int
    last: int
    parts: set[int]


def plan_memory(phases: Sequence[Phase]) -> Plan:
    """Each phase by itself; what several of them touch lives from the first to the last of them."""
    lives: dict[str, _Life] = {}
    for number, phase in enumerate(phases):
        for call in phase.calls:
            for buffer in call.buffers:
                life = lives.setdefault(buffer.name, _Life(buffer, number, number, set()))
                life.last = number
    together = {
        buffer.name
        for phase in phases for call in phase.calls if call.scope == "group"
        for buffer in call.buffers
    }  # fmt: skip
    kept: dict[str, Place] = {}
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
    return Plan(tuple(places), floats, totals["block"], totals["group"])


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
    lasting = {b.name for call in calls if call.scope in ("once", "last") for b in call.buffers}
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
    # Offset, end, first and last time of what is placed, by offsets: nets may have 100,000 buffers.
    placed = np.zeros((4, len(spans)), np.int64)
    offsets: dict[str, int] = {}
    in_order = sorted(spans, key=lambda s: (-s[0].size, s[2], s[0].name))
    for count, (buffer, need, first, last) in enumerate(in_order):
        starts, ends, begins, untils = placed[:, :count]
        meeting = (begins <= last) & (first <= untils)
        # Free space begins at 0, or behind the furthest of those so far.
        free = np.maximum.accumulate(np.append(0, ends[meeting]))
        fits = np.append(free[:-1] + need <= starts[meeting], True)
        offsets[buffer.name] = offset = int(free[fits.argmax()])
        place = starts.searchsorted(offset)
        placed[:, place + 1 : count + 1] = placed[:, place:count].copy()
        placed[:, place] = offset, offset + need, first, last
    return offsets, int(placed[1].max(initial=0))

"""Which gradients are complete while training is still on its way back.

Where several workers train, these are on their way to the others meanwhile: the first ones are
those of the last layers, which often have most of the weights.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lenet.compiler.memory.layout import Late, Slot
from lenet.compiler.memory.phase import Call, Phase
from lenet.compiler.memory.spans import Spans, merged
from lenet.compiler.target import BLOCKS, LANES
from lenet.dsl.graph import Node

LEAST = 2**18  # parameters that are worth messages of their own


@dataclass(frozen=True)
class Early:
    """The gradients of the parameters in these `spans` are complete behind a phase; of a single
    one, behind the call that tells so by this `mark`."""

    spans: Spans
    phase: int
    mark: int = 0


def find_early(
    phases: tuple[Phase, ...], slots: Mapping[str, Slot], late: Iterable[Late]
) -> tuple[tuple[Phase, ...], tuple[Early, ...]]:
    """The phases with calls that tell, and what they tell of, in that order: all but the last
    gradients, and but those of tables and those that are `late`."""
    waits = {one.offset for one in late}
    found: list[Early] = []
    spans: list[tuple[int, int]] = []

    def complete(nodes: Iterable[Node], phase: int, mark: int = 0) -> bool:
        """Whether enough have come together."""
        for slot in _tensors(nodes, slots):
            if slot.marks is None and slot.offset not in waits:
                spans.append((slot.offset, slot.offset + slot.size))
        if sum(last - first for first, last in spans) < LEAST:
            return False
        found.append(Early(merged(spans), phase, mark))
        spans.clear()
        return True

    if len(phases) == 1:
        calls: list[Call] = []
        for call, nodes in _completed(phases[0]):
            calls.append(call)
            if nodes and complete(nodes, 0, len(found) + 1):
                calls.append(_tell(len(found), call.scope))
        return (replace(phases[0], calls=tuple(calls)),), tuple(found)
    for number, phase in enumerate(phases[:-1]):
        complete(phase.gradients, number)
    return phases, tuple(found)


def _completed(phase: Phase) -> Iterator[tuple[Call, list[Node]]]:
    """Each call, and the nodes whose gradients it completes, but for the last such call."""
    last: dict[str, int] = {}
    for number, call in enumerate(phase.calls):
        if call.scope == "end" or {"gradient", "factors"} & set(call.arguments):
            last[call.node] = number
    end = max(last.values(), default=-1)
    for number, call in enumerate(phase.calls):
        done = last.get(call.node) == number and call.scope != "end" and number < end
        yield call, [node for node in phase.gradients if done and node.name == call.node]


def _tell(mark: int, scope: str) -> Call:
    """With by how many images a block, or a group, goes beyond the end of the slice: less than 0
    where others follow."""
    beyond = f"first + (block + 1) * {LANES} - rows.size"
    if scope == "group":
        beyond = f"first + {BLOCKS * LANES} - rows.size"
    return Call("tell", ("totals", str(mark), beyond), scope)


def _tensors(nodes: Iterable[Node], slots: Mapping[str, Slot]) -> Iterator[Slot]:
    for node in nodes:
        yield from (slots[f"{node.name}.{p.name}"] for p in node.parameters if p.trained)

"""A net of values that read each other, as lines with paths."""

from dataclasses import dataclass, field

from lenet.dsl.registry import layers
from lenet.runtime.imports.draft import INPUT, Draft, Head, Step
from lenet.runtime.imports.unread import Place

_DEEPEST = 40  # joins within paths of joins


@dataclass(frozen=True)
class Item:
    """A line with what is indented below it: the paths of a join, or the body of a repeat.

    `steps` are the numbers of the draft's that it stands for, in the order of the net.
    """

    head: Head
    bodies: tuple[tuple["Item", ...], ...] = ()
    joins: bool = False
    steps: tuple[int, ...] = field(default=(), compare=False)

    @property
    def lines(self) -> int:
        """How many the item takes."""
        inside = sum(item.lines for body in self.bodies for item in body)
        return 1 + inside + (len(self.bodies) if self.joins else 0)


Items = tuple[Item, ...]


class NotNested(Exception):  # noqa: N818 - where, for a message
    """Values that paths share otherwise than by beginning there."""

    def __init__(self, places: list[Place]) -> None:
        super().__init__(places)
        self.places = places


def nested(draft: Draft, end: int) -> Items:
    """The lines from the input to a value; NotNested."""
    _share_stacks(draft, end)
    _flatten(draft, end)
    above, depth = _forks(draft)
    reader = _Reader(draft, above, depth)
    items = reader.between(INPUT, end, 0)
    if reader.problems:
        raise NotNested(reader.problems)
    return items


def needed(draft: Draft, end: int) -> set[int]:
    """The values that a value depends on, itself included."""
    found, waiting = set(), [end]
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            waiting += draft.steps[value].inputs
    return found


def _readers(draft: Draft, end: int) -> dict[int, int]:
    """How many read each value."""
    counts = dict.fromkeys(range(len(draft.steps)), 0)
    for value in needed(draft, end):
        for x in draft.steps[value].inputs:
            counts[x] += 1
    return counts


def _share_stacks(draft: Draft, end: int) -> None:
    """concat(a, b, c) behind concat(a, b) is concat(concat(a, b), c), as in dense nets whose
    program stacks all that came before anew in each layer."""
    known: dict[tuple[int, ...], int] = {}
    for number, step in enumerate(draft.steps):
        if number > end or not layers()[step.head.word].stacks:
            continue
        whole = step.inputs
        for length in range(len(whole) - 1, 1, -1):
            if whole[:length] in known:
                step.inputs = (known[whole[:length]], *whole[length:])
                break
        known.setdefault(whole, number)


def _flatten(draft: Draft, end: int) -> None:
    """add(add(a, b), c) is add(a, b, c) where nobody else reads the inner one."""
    counts, wanted = _readers(draft, end), needed(draft, end)
    for number in sorted(wanted):
        step = draft.steps[number]
        first = step.inputs[0] if len(step.inputs) > 1 else INPUT
        inner = draft.steps[first]
        if first and inner.head == step.head and len(inner.inputs) > 1 and counts[first] == 1:
            step.inputs = (*inner.inputs, *step.inputs[1:])


def _forks(draft: Draft) -> tuple[list[int], list[int]]:
    """For each value, the last one that all ways to it lead through, and how many there are."""
    above, depth = [INPUT], [0]
    for step in draft.steps[1:]:
        fork = step.inputs[0]
        for x in step.inputs[1:]:
            while fork != x:
                if depth[fork] >= depth[x]:
                    fork = above[fork]
                else:
                    x = above[x]
        above.append(fork)
        depth.append(depth[fork] + 1)
    return above, depth


@dataclass
class _Reader:
    draft: Draft
    above: list[int]
    depth: list[int]
    seen: set[int] = field(default_factory=set)
    problems: list[Place] = field(default_factory=list)

    def between(self, fork: int, end: int, deep: int) -> Items:
        """The lines behind a value up to another."""
        items: list[Item] = []
        value = end
        while value != fork:
            if value == INPUT or self.depth[value] <= self.depth[fork] or value in self.seen:
                self._report(value, "whose value paths share that do not begin there")
                break
            if deep > _DEEPEST:
                self._report(value, f"within more than {_DEEPEST} joins")
                break
            self.seen.add(value)
            step = self.draft.steps[value]
            if len(step.inputs) == 1:
                items.append(Item(step.head, steps=(value,)))
                value = step.inputs[0]
                continue
            begin = self.above[value]
            paths = tuple(self.between(begin, x, deep + 1) for x in step.inputs)
            inside = tuple(number for path in paths for item in path for number in item.steps)
            items.append(Item(step.head, paths, joins=True, steps=(*inside, value)))
            value = begin
        return tuple(reversed(items))

    def _report(self, value: int, why: str) -> None:
        step: Step = self.draft.steps[value]
        self.problems.append(
            Place(step.place or step.name or f"layer {value}", f"`{step.head.text}`", why)
        )

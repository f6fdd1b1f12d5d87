"""Lines that follow each other again and again, as repeats."""

from collections.abc import Sequence
from dataclasses import replace

from lenet.dsl.registry import layers
from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.nested import Item, Items

_LONGEST = 40  # items of one turn
_LEAST = 2  # lines that a repeat has to save


def with_repeats(items: Items) -> Items:
    """The same with a `repeat` wherever that makes the file shorter, inner ones first."""
    whole = tuple(
        replace(item, bodies=tuple(with_repeats(body) for body in item.bodies)) for item in items
    )
    while found := _best(whole):
        start, length, times = found
        behind = start + length * times
        body, steps = whole[start : start + length], steps_of(whole[start:behind])
        head = Head("repeat", (Sizes("", (times,), ("turns",)),))
        whole = (*whole[:start], Item(head, (body,), steps=steps), *whole[behind:])
    return whole


def steps_of(items: Items) -> tuple[int, ...]:
    """Those of the draft that some lines stand for."""
    return tuple(number for item in items for number in item.steps)


def _best(items: Items) -> tuple[int, int, int] | None:
    """Where lines repeat: the first one, how many items a turn has, and how many turns; that which
    saves the most lines, of alike ones the shortest turn."""
    most, best = _LEAST - 1, None
    starts = [k for k in range(len(items)) if begins(items, k)]
    for length in range(1, min(_LONGEST, len(items) // 2) + 1):
        lines = [item.lines for item in items]
        for start in starts:
            times = _turns(items, start, length)
            saved = (times - 1) * sum(lines[start : start + length]) - 1
            if times > 1 and saved > most and begins(items, start + length * times):
                most, best = saved, (start, length, times)
    return best


def _turns(items: Items, start: int, length: int) -> int:
    body, times = items[start : start + length], 1
    while items[start + times * length : start + (times + 1) * length] == body:
        times += 1
    return times if len(body) == length else 1


def begins(items: Sequence[Item], index: int) -> bool:
    """Whether something new may begin there: an activation or a normalization is part of what comes
    before it, if that computes something."""
    if index in (0, len(items)):
        return True
    family, before = (_family(items[k]) for k in (index, index - 1))
    if family == "normalization":
        return before in ("input", "shape", "pooling", "activation", "join")
    return family not in ("activation", "regularization") or before in ("input", "shape", "pooling")


def _family(item: Item) -> str:
    """That of its layer; "" of a block or a repeat."""
    layer = layers().get(item.head.word)
    return layer.family if layer is not None else ""

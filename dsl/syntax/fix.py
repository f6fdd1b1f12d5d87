"""Mechanical fixes: what a diagnostic's edits do to a text."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence

from lenet.dsl.messages.diagnostics import Diagnostic, Edit

_Change = tuple[int, int, str]  # what lies between two places of the text becomes another
_ROUNDS = 20  # a fix may bring the next mistake to light


def apply_edits(text: str, groups: Iterable[Sequence[Edit]]) -> str:
    """The text after the edits of those groups that do not overlap those of an earlier one: what
    a mistake needs is done as a whole or not at all."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    chosen: list[_Change] = []  # in the order of the text
    for group in groups:
        wanted = {
            (offset(e.line, e.column), offset(e.end_line, e.end_column), e.text) for e in group
        }
        added = [change for change in wanted if change not in _around(change, chosen)]
        if all(_apart(change, other) for change in added for other in _around(change, chosen)):
            for change in added:
                insort(chosen, change)
    parts: list[str] = []
    last = 0
    for first, behind, new in chosen:
        parts += [text[last:first], new]
        last = behind
    return "".join([*parts, text[last:]])


def _around(change: _Change, chosen: Sequence[_Change]) -> Sequence[_Change]:
    """Those next to where it belongs, or itself."""
    at = bisect_left(chosen, change)
    return chosen[max(0, at - 1) : at + 1]


def _apart(edit: _Change, other: _Change) -> bool:
    """Whether neither changes what the other does, nor stands at the same place."""
    return edit[1] < other[0] or other[1] < edit[0]


def fix(text: str, check: Callable[[str], tuple[Diagnostic, ...]]) -> tuple[str, int]:
    """The text with every mechanical fix of the main file, and how many there were."""
    count = 0
    for _ in range(_ROUNDS):
        found = [d for d in check(text) if d.edits and not any(e.file for e in d.edits)]
        changed = apply_edits(text, [d.edits for d in found])
        if changed == text:
            break
        text, count = changed, count + len(found)
    return text, count

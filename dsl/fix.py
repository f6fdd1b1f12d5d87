"""Mechanical fixes: what a diagnostic's edits do to a text."""

from collections.abc import Callable, Iterable

from dsl.diagnostics import Diagnostic, Edit

_ROUNDS = 20  # a fix may bring the next mistake to light


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after those edits that do not overlap an earlier one."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    end = -1
    parts: list[str] = []
    last = 0
    wanted = {(offset(e.line, e.column), offset(e.end_line, e.end_column), e.text) for e in edits}
    for first, behind, new in sorted(wanted):
        if first < end or (first == end and behind == first and parts):
            continue
        parts += [text[last:first], new]
        last = end = behind
    return "".join([*parts, text[last:]])


def fix(text: str, check: Callable[[str], tuple[Diagnostic, ...]]) -> tuple[str, int]:
    """The text with every mechanical fix of the main file, and how many there were."""
    count = 0
    for _ in range(_ROUNDS):
        found = [d for d in check(text) if d.edits and not any(e.file for e in d.edits)]
        changed = apply_edits(text, (edit for d in found for edit in d.edits))
        if changed == text:
            break
        text, count = changed, count + len(found)
    return text, count

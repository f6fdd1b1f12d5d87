"""Long lists of calls, as functions of bounded length.

numba's time and memory for a function grow faster than its length. Where a list has more than MOST
lines, runs of it become functions of their own; where lines of a run differ in their numbers only,
they are written once, and a table has the numbers.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.function import definition

MOST = 120  # lines of a list that stands as it is
_DIFFERENT = 48  # lines of a function that is made of a part of one

_TABLE = """\
{table} = Table((
{rows}
))


"""


@dataclass(frozen=True)
class Step:
    """Lines of source, with {} for each of some numbers.

    With `checks` they change the variable `finite`, with `probed` they measure time from `before`.
    """

    text: str
    numbers: tuple[int, ...] = ()
    checks: bool = False
    probed: bool = False

    def __str__(self) -> str:
        return self.text.format(*self.numbers)

    @property
    def lines(self) -> int:
        """Lines of source, however many steps have been joined."""
        return self.text.count("\n") + 1


def joined(steps: Iterable[Step], head: str = "") -> Step:
    """One step of several; below `head`, if there is one."""
    steps = list(steps)
    text = "\n".join(step.text for step in steps)
    text = f"{head}\n{indent(text, '    ')}" if head else text
    return Step(
        text,
        tuple(number for step in steps for number in step.numbers),
        checks=any(step.checks for step in steps),
        probed=any(step.probed for step in steps),
    )


class Parts:
    """Functions that are parts of the function `whole`, which calls them."""

    def __init__(self, whole: str) -> None:
        self._whole = whole
        self.sources: list[str] = []

    def shortened(self, steps: Sequence[Step]) -> list[Step]:
        """The same in at most MOST lines: with calls of parts, if it has more."""
        steps = list(steps)
        while sum(step.lines for step in steps) > MOST:
            steps = [self._part(run) for run in _runs(steps)]
        return steps

    def chosen(self, steps: Sequence[Step], number: str) -> list[Step]:
        """The one step whose number the variable `number` has."""
        calls, first = [], 0
        for run in _runs(steps):
            call = self._part(run, f"step = {number} - {first}")
            calls.append(joined([call], f"if {first} <= {number} < {first + len(run)}:"))
            first += len(run)
        return self.shortened(calls)

    def _part(self, steps: Sequence[Step], choice: str = "") -> Step:
        """The call of a part with these steps: all of them, or what `choice` chooses."""
        name = f"{self._whole}_part{len(self.sources)}"
        texts = list(dict.fromkeys(step.text for step in steps))
        table = ""
        if choice or len(texts) < len(steps):
            table, body = _tabled(f"{name}_steps", steps, texts, choice)
        else:
            body = "\n".join(map(str, steps))
        head = call = f"{name}({', '.join(_free(body))})"
        result = ""
        checks = any(step.checks for step in steps)
        if checks:
            body, result = f"finite = True\n{body}\nreturn finite", "bool"
            call = f"finite &= {call}"
        if any(step.probed for step in steps):
            body = f"before = clock()\n{body}"
            call = f"{call}\nbefore = clock()"
        what = "That one of the steps" if choice else "Steps"
        doc = f"{what} of {self._whole}, {len(steps)} in all."
        self.sources.append(table + definition(head, doc, body, result))
        return Step(call, checks=checks)


def _runs(steps: Sequence[Step]) -> list[list[Step]]:
    """Runs with at most so many different lines, or of a single step."""
    runs: list[list[Step]] = []
    known: set[str] = set()
    lines = _DIFFERENT
    for step in steps:
        if step.text not in known:
            lines += step.lines
            if lines > _DIFFERENT:
                runs.append([])
                known, lines = set(), step.lines
            known.add(step.text)
        runs[-1].append(step)
    return runs


def _tabled(name: str, steps: Sequence[Step], texts: Sequence[str], choice: str) -> tuple[str, str]:
    """A table of all steps, a row each, and the lines that run them, or what `choice` chooses."""
    kinds = {text: kind for kind, text in enumerate(texts)}
    rows: list[list[int]] = [[kinds[step.text]] for step in steps]
    lines: list[str] = []
    for text, kind in kinds.items():
        alike = [k for k, row in enumerate(rows) if row[0] == kind]
        filled = []
        for numbers in zip(*(steps[k].numbers for k in alike), strict=True):
            if len(set(numbers)) == 1:
                filled.append(str(numbers[0]))
                continue
            filled.append(f"{name}(step, {len(rows[alike[0]])})")
            for k, number in zip(alike, numbers, strict=True):
                rows[k].append(number)
        lines.append(f"{'elif' if lines else 'if'} kind == {kind}:")
        lines.append(indent(text.format(*filled), "    "))
    body = "\n".join([f"kind = {name}(step, 0)", *lines])
    if choice:
        body = f"{choice}\n{body}"
    else:
        body = f"for step in range({len(steps)}):\n{indent(body, '    ')}"
    width = max(map(len, rows))
    written = "\n".join(f"    {(*row, *[0] * (width - len(row)))}," for row in rows)
    return _TABLE.format(table=name, rows=written), body


def _free(body: str) -> list[str]:
    """The variables that some lines take from outside, in the order of the lines.

    Python's own parser finds them: what calls are given are expressions, such as "first + block *
    16", and each would have to come with a list of what is in it.
    """
    nodes = list(ast.walk(ast.parse(body)))
    called = {node.func for node in nodes if isinstance(node, ast.Call)}
    names = [node for node in nodes if isinstance(node, ast.Name) and node not in called]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in names if node.id not in own))

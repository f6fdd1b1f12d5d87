"""Connection tables: which input maps each output map of a convolution sees."""

from dataclasses import dataclass, field

from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.syntax.tree import Line, Span


@dataclass
class Table:
    """`seen[input][output]`; empty after a mistake, which was reported."""

    name: str
    seen: tuple[tuple[bool, ...], ...]
    span: Span
    used: bool = field(default=False, compare=False)

    def use(self) -> "Connections":
        self.used = True
        return Connections(self.name, self.seen, self.span)


@dataclass(frozen=True)
class Connections:
    """What `connect NAME` means: a table's rows, one for each input map."""

    name: str
    seen: tuple[tuple[bool, ...], ...]
    span: Span = field(default=Span(1, 1, 1), compare=False)

    def __str__(self) -> str:
        return self.name

    @property
    def inputs(self) -> int:
        return len(self.seen)

    @property
    def outputs(self) -> int:
        return len(self.seen[0])

    @property
    def by_output(self) -> tuple[tuple[bool, ...], ...]:
        return tuple(zip(*self.seen, strict=True))


def read_table(line: Line) -> tuple[Table | None, list[Diagnostic]]:
    """The table that a line `table NAME` begins; None where it has no name."""
    problems: list[Diagnostic] = []
    name = line.items[0].word if len(line.items) == 1 and hasattr(line.items[0], "word") else None
    if name is None or line.name or line.shape:
        problems.append(messages.bad_line(line.span, "table", "table NAME, and rows of X and ."))
        return None, problems
    rows: list[tuple[bool, ...]] = []
    for row in line.rows:
        cells = tuple(cell for cell in row.cells)
        wrong = [cell for cell in cells if cell.text not in ("X", ".")]
        if wrong:
            problems.append(messages.bad_cell(wrong[0].span, wrong[0].text))
        elif rows and len(cells) != len(rows[0]):
            problems.append(messages.ragged_table(row.span, len(cells), len(rows[0])))
        else:
            rows.append(tuple(cell.text == "X" for cell in cells))
    if not problems:
        for output in range(len(rows[0]) if rows else 0):
            if not any(row[output] for row in rows):
                problems.append(messages.unconnected(line.span, output + 1))
                break
    if not line.rows:
        problems.append(messages.empty_table(line.span))
    return Table(name, () if problems else tuple(rows), line.items[0].span), problems

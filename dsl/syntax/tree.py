"""The syntax tree of a .lenet file: lines with bodies, words with places, no meaning yet."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Span:
    """A run of characters on one line; line and columns count from 1, the end is exclusive.

    `file` is the path of an imported file as the main file's folder sees it, "" for the main file.
    """

    line: int
    column: int
    end_column: int
    file: str = ""

    def to(self, other: "Span") -> "Span":
        return replace(self, end_column=max(self.end_column, other.end_column))


@dataclass(frozen=True)
class Word:
    """What a line begins with, a name that it gives, or a place of a table."""

    text: str
    span: Span


@dataclass(frozen=True)
class Number:
    """A number as it is written: its value is exact, and worked out later."""

    text: str
    span: Span


@dataclass(frozen=True)
class Name:
    """A word in place of a number: a constant, a parameter of a block, an option or a choice."""

    text: str
    span: Span


@dataclass(frozen=True)
class Operation:
    """`left operator right`, operator one of + - * /; a negation has left = 0."""

    operator: str
    left: "Number | Name | Operation"
    right: "Number | Name | Operation"
    span: Span


Expression = Number | Name | Operation


@dataclass(frozen=True)
class Sizes:
    """Expressions joined by x: `6x5x5` has three, `12*4*4` and `stride` have one."""

    parts: tuple[Expression, ...]
    span: Span

    @property
    def word(self) -> str | None:
        """The text, where this is a single word."""
        part = self.parts[0]
        return part.text if len(self.parts) == 1 and isinstance(part, Name) else None


@dataclass(frozen=True)
class Text:
    """What stands between double quotation marks, without them."""

    value: str
    span: Span


Item = Sizes | Text


@dataclass(frozen=True)
class Let:
    """`let NAME = VALUE`."""

    name: Word
    value: Expression
    span: Span


@dataclass(frozen=True)
class Parameter:
    """One of a block: `step`, or `step = 1`."""

    name: Word
    default: Expression | None


@dataclass(frozen=True)
class Row:
    """A line of a table's body, as words."""

    cells: tuple[Word, ...]
    span: Span


@dataclass(frozen=True)
class Line:
    """`KEYWORD items… [as NAME] [-> SHAPE]` with its indented body.

    `block NAME(parameters)` has its name in `name`; the body of a `table` is in `rows`.
    """

    keyword: Word
    items: tuple[Item, ...]
    name: Word | None
    shape: Sizes | None
    span: Span
    body: tuple["Let | Line", ...] = ()
    parameters: tuple[Parameter, ...] = ()
    rows: tuple[Row, ...] = ()


Statement = Let | Line


@dataclass(frozen=True)
class Tree:
    """A whole file: its text, its statements, and the codes that each line's comment allows."""

    text: str
    statements: tuple[Statement, ...]
    allowed: frozenset[tuple[int, str]] = frozenset()


def draw(tree: Tree) -> str:
    """The tree as text, one statement a line, for `lenet compile --emit syntax`."""
    return "\n".join(line for s in tree.statements for line in _draw(s, "")) + "\n"


def _draw(statement: Statement, indent: str) -> Iterator[str]:
    place = f"{statement.span.line}:{statement.span.column}"
    if isinstance(statement, Let):
        yield f"{indent}{place} let {statement.name.text} = {_show(statement.value)}"
        return
    words = [f"{indent}{place}", statement.keyword.text]
    for parameter in statement.parameters:
        default = f"={_show(parameter.default)}" if parameter.default else ""
        words.append(f"({parameter.name.text}{default})")
    for item in statement.items:
        words.append(repr(item.value) if isinstance(item, Text) else _show_sizes(item))
    if statement.name:
        words.append(f"as {statement.name.text}")
    if statement.shape:
        words.append(f"-> {_show_sizes(statement.shape)}")
    yield " ".join(words)
    for row in statement.rows:
        yield f"{indent}  {row.span.line}:{row.span.column} {' '.join(c.text for c in row.cells)}"
    for child in statement.body:
        yield from _draw(child, indent + "  ")


def _show_sizes(sizes: Sizes) -> str:
    return "[" + " x ".join(_show(part) for part in sizes.parts) + "]"


def _show(expression: Expression) -> str:
    if isinstance(expression, Operation):
        return f"({_show(expression.left)} {expression.operator} {_show(expression.right)})"
    return expression.text

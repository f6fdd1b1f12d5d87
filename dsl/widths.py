"""Which number of a file says how many channels, or units, a layer gives: what has to be written
anew for a net with fewer of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lenet.dsl.check import Checked
from lenet.dsl.graph import Group
from lenet.dsl.lower.bind_block import bind_parameters, bound_items
from lenet.dsl.lower.definitions import Block, Definitions
from lenet.dsl.lower.values import Constants
from lenet.dsl.registry import layers
from lenet.dsl.syntax.tree import Expression, Let, Line, Number, Operation, Sizes, Span


@dataclass(frozen=True)
class Width:
    """The number at `span`, which is the `value` there, times a `factor` says it for a layer; or
    the `reason` why none does. It depends on all of the numbers `of` the file."""

    span: Span | None = None
    value: int = 0
    factor: int = 1
    reason: str = ""
    of: tuple[Span, ...] = ()


@dataclass
class _Lines:
    """All lines of a file, and of the blocks that it imports, by file and number."""

    found: dict[tuple[str, int], Line] = field(default_factory=dict)
    homes: list[Definitions] = field(default_factory=list)

    @classmethod
    def of(cls, checked: Checked) -> "_Lines":
        lines = cls()
        for statement in checked.tree.statements:
            lines._walk(statement)
        lines._define(checked.definitions)
        return lines

    def _walk(self, statement: Let | Line) -> None:
        if isinstance(statement, Line):
            self.found[statement.span.file, statement.span.line] = statement
            for child in statement.body:
                self._walk(child)

    def _define(self, definitions: Definitions) -> None:
        if any(definitions is home for home in self.homes):
            return
        self.homes.append(definitions)
        for block in definitions.blocks.values():
            self._walk(block.line)
            self._define(block.home)

    def use(self, group: Group) -> Line:
        """The line that uses the block of a group."""
        return self.found[group.file, group.line]


@dataclass(frozen=True)
class _Level:
    """A use of a block: what its parameters stand for, and where its other names are from."""

    items: Mapping[str, Expression]
    home: Definitions
    constants: Constants


def widths_of(checked: Checked) -> dict[str, Width]:
    """By layer, of those whose first argument is how many channels or units they give."""
    lines, lowered = _Lines.of(checked), checked.lowered
    found = {}
    for place, (node, line) in enumerate(zip(lowered.nodes, lowered.lines, strict=True)):
        first = line.items[0] if line.items else None
        makes = layers()[node.kind].channels in ("own", "grown")
        if makes and isinstance(first, Sizes):
            levels = list(_levels(checked, lines, place))
            found[node.name] = _resolved(first.parts[0], levels, checked.definitions)
    return found


def _levels(checked: Checked, lines: _Lines, place: int) -> Iterator[_Level]:
    """The uses of blocks around a node, the outermost first."""
    home, constants = checked.definitions, checked.definitions.constants
    for group in checked.lowered.groups:
        if group.kind != "block" or not group.first <= place < group.behind:
            continue
        line = lines.use(group)
        block: Block = home.blocks[line.keyword.text]
        items = bound_items(line, block, constants)
        constants, _ = bind_parameters(line, block, constants)
        home = block.home
        yield _Level(items, home, constants)


def _resolved(expression: Expression, levels: list[_Level], outer: Definitions) -> Width:
    if isinstance(expression, Number):
        if not expression.text.isdigit():
            return Width(reason="its size is no whole number")
        if expression.span.file:
            return Width(reason=f"its size stands in {expression.span.file}")
        return Width(expression.span, int(expression.text), of=(expression.span,))
    if isinstance(expression, Operation):
        parts = [_resolved(part, levels, outer) for part in (expression.left, expression.right)]
        of = tuple(span for part in parts for span in part.of)
        plain = [k for k, part in enumerate((expression.left, expression.right))
                 if isinstance(part, Number)]  # fmt: skip
        if expression.operator == "*" and len(plain) == 1 and parts[1 - plain[0]].span:
            times = parts[plain[0]].value * parts[1 - plain[0]].factor
            return replace(parts[1 - plain[0]], factor=times, of=of)
        return Width(reason="its size is worked out, and stands nowhere as one number", of=of)
    name = expression.text
    if levels and name in levels[-1].items:
        return _resolved(levels[-1].items[name], levels[:-1], outer)
    let = (levels[-1].home if levels else outer).lets.get(name)
    if not isinstance(let, Let):
        return Width(reason=f"nothing says what {name} is")
    return _resolved(let.value, [], outer)

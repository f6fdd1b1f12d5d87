"""What is known after the lines of a net so far, and what all kinds of lines do with it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lenet.dsl.graph import Group, Node
from lenet.dsl.inputs import Input
from lenet.dsl.lengths import Length
from lenet.dsl.lower.definitions import Definitions
from lenet.dsl.lower.extent import MOST_LINES
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, Related
from lenet.dsl.registry import Parameter
from lenet.dsl.shapes import Shape
from lenet.dsl.syntax.tree import Let, Line, Span, Statement, Word
from lenet.dsl.syntax.write import show_item


@dataclass
class Scope:
    """Where lines stand: in the file, in a use of a block, in a turn of a repeat, in a path.

    Names are prefixed by `prefix` and counted by kind; `uses` are the lines that use the blocks
    around, `outer` is the keyword of the line around, "" for the file.
    """

    definitions: Definitions
    constants: Constants
    prefix: str = ""
    outer: str = ""
    uses: tuple[tuple[str, Span], ...] = ()
    depth: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def inside(self, name: str, outer: str) -> "Scope":
        prefix = f"{self.prefix}{name}."
        return replace(self, prefix=prefix, outer=outer, counts={}, depth=self.depth + 1)


@dataclass
class State(ABC):
    """What is known after the lines so far. A shape of None is unknown: nothing cascades."""

    diagnostics: list[Diagnostic]
    input_size: Shape | None = None  # in place of the file's, to try out others
    most: int = MOST_LINES  # that are lowered
    probing: bool = False  # whether its lines are only looked at, and are no part of the net
    nodes: list[Node] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    shapes: dict[int, tuple[Shape | None, Shape | None]] = field(default_factory=dict)
    names: dict[str, Span] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)
    reported: set[tuple[str, Span]] = field(default_factory=set)
    source: str = "nothing"  # "" where several inputs lie before, and no path says which
    several: bool = False  # inputs, which have names
    inputs: dict[str, Input] = field(default_factory=dict)
    input_nodes: int = 1  # what the lines `input` have made
    read: set[str] = field(default_factory=set)  # inputs that a path begins at
    lengths: dict[str, Length] = field(default_factory=dict)  # of the sequences that nodes give
    input_line: Line | None = None
    input_missing: bool = False
    incomplete: bool = False  # whether a line of the net has no node
    full: bool = False
    visited: int = 0
    depth: int = 0  # of the groups that are open
    shape: Shape | None = None
    expects: list[tuple[Span, int]] = field(default_factory=list)
    # For each block, the shapes behind it by those before it and the values of its parameters.
    uses: dict[Span, dict[object, Shape | None]] = field(default_factory=dict)

    @abstractmethod
    def line(self, line: Line, scope: Scope) -> None:
        """One line of the net, with its body."""

    def report(self, diagnostic: Diagnostic, scope: Scope | None = None) -> None:
        """Once for each place; with `scope`, also where the blocks around were used."""
        if not diagnostic.code or (diagnostic.code, diagnostic.span) in self.reported:
            return  # what follows from a mistake elsewhere has no code
        self.reported.add((diagnostic.code, diagnostic.span))
        if scope is not None:
            uses = tuple(
                Related(span, f"in this use of `{name}`") for name, span in scope.uses[:-4:-1]
            )
            diagnostic = replace(diagnostic, related=(*diagnostic.related, *uses))
        self.diagnostics.append(diagnostic)

    def lines_of(self, body: Sequence[Statement], scope: Scope) -> None:
        for statement in body:
            if isinstance(statement, Let):
                self.report(messages.let_in_body(statement.span, scope.outer))
            else:
                self.line(statement, scope)

    def lose_track(self) -> None:
        """After a line that may have been anything, even the input."""
        self.shape = None
        self.input_missing = self.input_missing or self.input_line is None
        self.incomplete = True

    def body_by_mistake(self, line: Line, scope: Scope) -> None:
        """What is indented below a line by mistake, as if it were not."""
        if not line.body:
            return
        kind = line.keyword.text
        self.report(messages.body_not_allowed(line.body[0].span, kind, line.keyword.span))
        self.lines_of(line.body, replace(scope, depth=scope.depth + 1))

    def has_input(self, line: Line) -> bool:
        if self.input_line is None and not self.input_missing:
            self.input_missing = True
            self.report(messages.no_input(line.keyword.span))
        return self.input_line is not None

    def name_of(self, line: Line, scope: Scope, kind: str) -> str:
        """The full name of a layer, a block's use or a repeat."""
        number = scope.counts[kind] = scope.counts.get(kind, 0) + 1
        word = line.name or Word(f"{kind}{number}", line.keyword.span)
        if kind == "input" and line.name is None:
            word = Word("input", line.keyword.span)
        name = scope.prefix + word.text
        if name in self.names:
            first = self.names[name]
            if line.name and name not in self.unnamed:
                self.report(messages.duplicate_name(word.span, word.text, first))
            else:
                mine = line.name is not None
                self.report(messages.name_clashes(word.span, word.text, first, mine))
        elif line.name is None:
            self.unnamed.add(name)
        self.names.setdefault(name, word.span)
        return name

    def take_parts(self, name: str, parameters: Iterable[Parameter], line: Line) -> None:
        """The names of a layer's parts, which those of its tensors begin with, are no others'."""
        span = line.keyword.span
        for parameter in parameters:
            part = name
            for word in parameter.name.split(".")[:-1]:
                part = f"{part}.{word}"
                first = self.names.setdefault(part, span)
                if first != span:
                    raise Refused(messages.name_clashes(first, part, span, True))

    def open(self, kind: str, name: str, line: Line, times: int = 1) -> int:
        """The number of a group that begins here; to be closed."""
        first = len(self.nodes)
        words = line.keyword.text + "".join(f" {show_item(item)}" for item in line.items)
        place = line.span
        self.groups.append(
            Group(kind, name, words, first, first, times, place.line, place.file, self.depth,
                  line.name.text if line.name else "")
        )  # fmt: skip
        self.depth += 1
        return len(self.groups) - 1

    def close(self, group: int) -> None:
        self.depth -= 1
        self.groups[group] = replace(self.groups[group], behind=len(self.nodes))

    def only_look(self, body: Sequence[Statement], scope: Scope, unknown: bool) -> None:
        """At lines that make no nodes here, for the mistakes that do not depend on shapes."""
        probe = type(self)(
            self.diagnostics, reported=self.reported, input_line=Line(_NOWHERE, (), None, None,
            _NOWHERE.span), most=self.most, visited=self.visited, probing=True,
            incomplete=True, uses=self.uses, inputs=self.inputs, several=self.several,
        )  # fmt: skip
        probe.lines_of(body, scope)
        self.visited = probe.visited
        if unknown:
            self.incomplete = True
            self.shape = None


_NOWHERE = Word("input", Span(1, 1, 1))

"""From lines to nodes: blocks and repeats written out, paths joined, shapes inferred.

The walk goes through the lines in the order in which data flow, and knows at each the shape so
far. After a mistake the shape is unknown, and what would follow from it is not reported. It is long
because each kind of line with a body leads back to lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lenet.dsl import registry
from lenet.dsl.graph import Group, Node
from lenet.dsl.lower.bind import bind
from lenet.dsl.lower.blocks import bind_parameters
from lenet.dsl.lower.definitions import SECTIONS, Block, Definitions
from lenet.dsl.lower.extent import DEEPEST, MOST_LAYERS, MOST_LINES, extent_of, repetitions
from lenet.dsl.lower.values import Constants, Refused, evaluate_size
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.absent import absent
from lenet.dsl.messages.diagnostics import Diagnostic, Related
from lenet.dsl.registry import Context
from lenet.dsl.sections.augment import KEYS as AUGMENT_KEYS
from lenet.dsl.sections.data import KEYS as DATA_KEYS
from lenet.dsl.sections.train import KEYS as TRAIN_KEYS
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Let, Line, Sizes, Span, Statement, Word
from lenet.dsl.syntax.write import show_item

_LONGEST = 2_000  # letters in front of a layer's own name
_MOST_USES = 100  # of a block, that are looked into in a net with mistakes
_MAX_FLOATS = 2**33 // 4  # 8 GiB of float32 in one layer's output or parameters
_TOP_ONLY = ("block", "table", "import", "expect", "input", *SECTIONS)


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
class Walk:
    """What is known after the lines so far. A shape of None is unknown: nothing cascades."""

    diagnostics: list[Diagnostic]
    input_size: Shape | None = None  # in place of the file's, to try out others
    most: int = MOST_LINES  # that are walked through
    probing: bool = False  # whether its lines are only looked at, and are no part of the net
    nodes: list[Node] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    shapes: dict[int, tuple[Shape | None, Shape | None]] = field(default_factory=dict)
    names: dict[str, Span] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)
    reported: set[tuple[str, Span]] = field(default_factory=set)
    source: str = "nothing"
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

    def line(self, line: Line, scope: Scope) -> None:
        """One line of the net, with its body."""
        before = self.shape
        self._line(line, scope)
        if not scope.outer:  # what stands in the file itself: its line, and the shapes around it
            self.shapes[line.span.line] = (before, self.shape)

    def _line(self, line: Line, scope: Scope) -> None:
        kind = line.keyword.text
        self.visited += 1
        if self.full:
            return
        if self.visited > self.most or len(self.nodes) >= MOST_LAYERS:
            span = scope.uses[0][1] if scope.uses else line.span
            if not self.probing:
                self.report(messages.too_many_layers(span, MOST_LAYERS))
            self.full = self.incomplete = True
            return
        if not self.incomplete and scope.depth == 0 and self._is_too_large(line, scope):
            self.report(messages.too_many_layers(line.span, MOST_LAYERS))
            self._only_look((line,), scope, unknown=True)
            self.shape = self._declared(line, scope)
            return
        if scope.depth > DEEPEST or len(scope.prefix) > _LONGEST:
            limit = f"{DEEPEST} blocks, repeats and paths inside each other"
            if scope.depth <= DEEPEST:
                limit = f"{_LONGEST} letters in the names around a layer"
            if not self.probing:
                self.report(messages.too_deep(line.span, limit))
            self.full = self.incomplete = True
            return
        if not kind:  # a line that could not be read
            self._unknown(line, scope)
        elif scope.outer and kind in _TOP_ONLY:
            self.report(messages.only_at_the_top(line.keyword.span, kind, scope.outer))
        elif kind == "expect":
            self._expect(line, scope)
        elif kind == "repeat":
            self._repeat(line, scope)
        elif kind == "path":
            self.report(messages.path_outside(line.keyword.span))
            self._unknown(line, scope)
        elif kind in scope.definitions.blocks:
            self._block(line, scope, scope.definitions.blocks[kind])
        elif kind in registry.layers():
            if registry.layers()[kind].joins:
                self._join(line, scope)
            else:
                self._layer(line, scope)
                self._body_by_mistake(line, scope)
        else:
            known = ("E010", line.keyword.span) in self.reported  # from another use of its block
            if scope.constants.complete and not known:
                self.report(_unknown_layer(line.keyword, scope))
            self._unknown(line, scope)

    def _is_too_large(self, line: Line, scope: Scope) -> bool:
        """Whether a line of the file stands for more than a net may have."""
        kind = line.keyword.text
        layer = registry.layers().get(kind)
        if not (kind == "repeat" or kind in scope.definitions.blocks or (layer and layer.joins)):
            return False
        extent = extent_of(line, scope.definitions, scope.constants, self.most)
        return (
            self.visited + extent.lines > self.most or len(self.nodes) + extent.layers > MOST_LAYERS
        )

    def lose_track(self) -> None:
        """After a line that may have been anything, even the input."""
        self.shape = None
        self.input_missing = self.input_missing or self.input_line is None
        self.incomplete = True

    def _unknown(self, line: Line, scope: Scope) -> None:
        """A line that means nothing; its body is looked through if it may hold layers."""
        self.lose_track()
        words = {s.keyword.text for s in line.body if isinstance(s, Line)}
        if words & registry.layers().keys() and not words & _SECTION_KEYS:
            self._only_look(line.body, scope.inside(line.keyword.text, "repeat"), unknown=True)
        self.shape = self._declared(line, scope)

    def _body_by_mistake(self, line: Line, scope: Scope) -> None:
        """What is indented below a line by mistake, as if it were not."""
        if not line.body:
            return
        kind = line.keyword.text
        self.report(messages.body_not_allowed(line.body[0].span, kind, line.keyword.span))
        self.lines_of(line.body, replace(scope, depth=scope.depth + 1))

    # Layers

    def _layer(self, line: Line, scope: Scope) -> None:
        kind = line.keyword.text
        layer = registry.layers()[kind]
        if kind == "input" and self.input_line is not None:
            return self.report(messages.input_twice(line.span, self.input_line.span))
        tables = scope.definitions.tables
        given = self.shape if self.input_line is not None else None
        arguments, spans, problems = bind(line, layer, scope.constants, tables, given)
        for problem in problems:
            self.report(problem)
        name = self._name(line, scope, kind)
        given = self.shape
        if kind == "input":
            self.input_line, given = line, ()
            if self.input_size is not None:
                arguments["shape"] = self.input_size
        elif not self._has_input(line):
            given = None
        source, self.source = self.source, name
        if problems or given is None:
            self.incomplete = True
            self.shape = self._declared(line, scope)
            return None
        context = Context(line, (given,), source, arguments, spans)
        inputs = () if kind == "input" else (source,)
        return self._add(line, scope, name, inputs, context)

    def _add(
        self, line: Line, scope: Scope, name: str, inputs: tuple[str, ...], context: Context
    ) -> None:
        """The node of a layer, if its shape can be inferred."""
        layer = registry.layers()[line.keyword.text]
        given, arguments = context.input, context.arguments
        try:
            shape = tuple(int(size) for size in layer.infer(context))
            _check_size(line, "this layer's output", product(shape))
            parameters = layer.parameters(given, arguments)
            count = sum(product(p.shape) for p in parameters)
            _check_size(line, "the parameters of this layer", count)
        except Refused as refused:
            self.report(refused.diagnostic, scope)
            self.incomplete = True
            self.shape = self._declared(line, scope)
            return
        for warning in context.warnings:
            self.report(warning, scope)
        self._check_declared(line, scope, shape, context.source, given)
        givens = context.inputs if inputs else ((),)
        macs = layer.macs(given, shape, arguments)
        place = line.span
        self.nodes.append(
            Node(name, layer.name, inputs, givens, shape, arguments, parameters, macs,
                 place.line, place.file, line.name.text if line.name else "")
        )  # fmt: skip
        self.lines.append(line)
        self.shape, self.source = shape, name

    def _has_input(self, line: Line) -> bool:
        if self.input_line is None and not self.input_missing:
            self.input_missing = True
            self.report(messages.no_input(line.keyword.span))
        return self.input_line is not None

    def _name(self, line: Line, scope: Scope, kind: str) -> str:
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

    # Bodies

    def _open(self, kind: str, name: str, line: Line, times: int = 1) -> int:
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

    def _close(self, group: int) -> None:
        self.depth -= 1
        self.groups[group] = replace(self.groups[group], behind=len(self.nodes))

    def _repeat(self, line: Line, scope: Scope) -> None:
        times = None
        try:
            times = repetitions(line, scope.constants)
        except Refused as refused:
            self.report(refused.diagnostic)
        if not line.body:
            self.report(messages.empty_body(line.span, "repeat", "repeat 3\n  conv 6x3x3\n  relu"))
        name = self._name(line, scope, "repeat").removeprefix(scope.prefix)
        if not times:
            self._only_look(line.body, scope.inside(f"{name}.1", "repeat"), unknown=times is None)
        before = (self.source, self.shape)
        group = self._open("repeat", scope.prefix + name, line, times or 0)
        for turn in range(times or 0):
            given = self.shape
            self.lines_of(line.body, scope.inside(f"{name}.{turn + 1}", "repeat"))
            if self.full or self.shape is None or (self.incomplete and self.shape == given):
                break  # more turns would find the same mistakes
        self._close(group)
        self._check_whole_body(line, scope, before)

    def _check_whole_body(self, line: Line, scope: Scope, before: tuple[str, Shape | None]) -> None:
        """The `->` behind a line with a body."""
        if self.shape is None:
            self.shape = self._declared(line, scope)
        elif before[1] is not None:
            self._check_declared(line, scope, self.shape, before[0], before[1])

    def _only_look(self, body: Sequence[Statement], scope: Scope, unknown: bool) -> None:
        """At lines that make no nodes here, for the mistakes that do not depend on shapes."""
        probe = Walk(
            self.diagnostics, reported=self.reported, input_line=Line(_NOWHERE, (), None, None,
            _NOWHERE.span), most=self.most, visited=self.visited, probing=True,
            incomplete=True, uses=self.uses,
        )  # fmt: skip
        probe.lines_of(body, scope)
        self.visited = probe.visited
        if unknown:
            self.incomplete = True
            self.shape = None

    def _block(self, line: Line, scope: Scope, block: Block) -> None:
        block.used = True
        name = self._name(line, scope, line.keyword.text)
        chain = [use for use, _ in scope.uses]
        if block.name.text in chain:
            way = chain[chain.index(block.name.text) :]
            self.report(messages.recursive_block(line.keyword.span, block.name.text, way))
            self.incomplete, self.shape = True, None
            return
        self._has_input(line)
        constants, problems = bind_parameters(line, block, scope.constants)
        for problem in problems:
            self.report(problem)
            self.incomplete = True
        before = (self.source, self.shape)
        group = self._open("block", name, line)
        inside = Scope(
            block.home, constants, f"{name}.", "block",
            (*scope.uses, (block.name.text, line.span)), scope.depth + 1,
        )  # fmt: skip
        self._use(block, inside)
        self._close(group)
        self._check_whole_body(line, scope, before)
        if line.body:
            span = line.keyword.span
            self.report(messages.body_not_allowed(line.body[0].span, line.keyword.text, span))

    def _use(self, block: Block, inside: Scope) -> None:
        """The body of a block. In a net with mistakes not again where it would find the same ones:
        blocks that use others twice would take twice the time with each."""
        found = self.uses.setdefault(block.name.span, {})
        use = (self.shape, tuple(inside.constants.values.items()))
        if self.incomplete and (use in found or len(found) > _MOST_USES):
            self.shape = found.get(use)
            return
        self.lines_of(block.line.body, inside)
        found[use] = self.shape

    def _join(self, line: Line, scope: Scope) -> None:
        kind = line.keyword.text
        layer = registry.layers()[kind]
        arguments, spans, problems = bind(line, layer, scope.constants)
        for problem in problems:
            self.report(problem)
        name = self._name(line, scope, kind)
        inside = scope.inside(name.removeprefix(scope.prefix), kind)
        self._has_input(line)
        before = (self.source, self.shape)
        group = self._open("join", name, line)
        ends: list[tuple[str, Shape | None]] = []
        paths: list[Line] = []
        strange = False
        for statement in line.body:
            if not isinstance(statement, Line) or statement.keyword.text != "path":
                if not strange and isinstance(statement, Line) and statement.keyword.text:
                    word = statement.keyword
                    self.report(messages.not_a_path(word.span, word.text, kind, line.keyword.span))
                elif isinstance(statement, Let):
                    self.report(messages.let_in_body(statement.span, kind))
                strange = True
                if isinstance(statement, Line):
                    self._only_look((statement,), inside, unknown=False)
                continue
            self.source, self.shape = before
            ends.append(self._path(statement, inside))
            paths.append(statement)
        if len(paths) < 2 and not strange and not any(not p.keyword.text for p in paths):
            self.report(messages.too_few_paths(line.span, kind, len(paths)))
        shapes = [shape for _, shape in ends if shape is not None]
        self.source = name
        if problems or strange or len(paths) < 2 or len(shapes) < len(ends):
            self.incomplete = True
            known = len(shapes) > 0 and kind != "concat"
            self.shape = self._declared(line, scope) or (shapes[0] if known else None)
            return self._close(group)
        context = Context(line, tuple(shapes), before[0], arguments, spans, tuple(paths))
        self._add(line, scope, name, tuple(source for source, _ in ends), context)
        return self._close(group)

    def _path(self, line: Line, scope: Scope) -> tuple[str, Shape | None]:
        """Where a path ends: the name of its last layer, and the shape there."""
        if line.items:
            self.report(messages.bad_line(line.span, "path", "path"))
        name = self._name(line, scope, "path").removeprefix(scope.prefix)
        before = (self.source, self.shape)
        group = self._open("path", scope.prefix + name, line)
        self.lines_of(line.body, scope.inside(name, "path"))
        self._close(group)
        self._check_whole_body(line, scope, before)
        return self.source, self.shape

    def look_at_unused(self, blocks: Sequence[Block]) -> None:
        """The mistakes of those blocks that nothing uses."""
        visited, self.visited = self.visited, 0
        for block in reversed(blocks):  # most use those before them, which are looked at with them
            if not block.used:
                self._look_at(block)
        self.visited = visited

    def _look_at(self, block: Block) -> None:
        constants = Constants(outer=block.home.constants)
        for parameter in block.line.parameters:
            constants.define(parameter.name.text, None)
        scope = Scope(block.home, constants, f"{block.name.text}.", "block",
                      ((block.name.text, block.name.span),))  # fmt: skip
        self._only_look(block.line.body, scope, unknown=False)

    # Assertions

    def _declared(self, line: Line, scope: Scope) -> Shape | None:
        """After a mistake the declared shape is believed, so that the next lines can be checked."""
        return self._sizes(line.shape, scope) if line.shape else None

    def _sizes(self, sizes: Sizes, scope: Scope) -> Shape | None:
        try:
            parts = (evaluate_size(p, scope.constants, "a size of the shape") for p in sizes.parts)
            return tuple(int(part) for part in parts)
        except Refused as refused:
            self.report(refused.diagnostic)
            return None

    def _check_declared(
        self, line: Line, scope: Scope, shape: Shape, source: str, given: Shape
    ) -> None:
        declared = self._declared(line, scope)
        if line.shape is None or declared is None or declared == shape:
            return
        why = f"`{line.keyword.text}` makes {show(shape)}"
        if given:
            why += f" of {source}'s {show(given)}"
        self.report(messages.stale_shape(line.shape.span, declared, shape, why + "."), scope)

    def _expect(self, line: Line, scope: Scope) -> None:
        items = line.items
        well_formed = (
            len(items) == 2
            and isinstance(items[0], Sizes)
            and len(items[0].parts) == 1
            and isinstance(items[1], Sizes)
            and items[1].word == "parameters"
            and line.name is None
            and line.shape is None
        )
        if not well_formed:
            return self.report(messages.bad_line(line.span, "expect", "expect 22278 parameters"))
        assert isinstance(items[0], Sizes)
        try:
            part = items[0].parts[0]
            count = evaluate_size(part, scope.constants, "the number of parameters", 0)
        except Refused as refused:
            return self.report(refused.diagnostic)
        self.expects.append((items[0].span, int(count)))
        self._body_by_mistake(line, scope)
        return None


_SECTION_KEYS = DATA_KEYS.keys() | TRAIN_KEYS.keys() | AUGMENT_KEYS.keys()
_NOWHERE = Word("input", Span(1, 1, 1))


def _unknown_layer(word: Word, scope: Scope) -> Diagnostic:
    for section, keys in (("data", DATA_KEYS), ("train", TRAIN_KEYS), ("augment", AUGMENT_KEYS)):
        if word.text in keys:
            return messages.line_of_section(word.span, word.text, section)
    layers = registry.layers()
    blocks = tuple(scope.definitions.blocks)
    suggestion = registry.suggest_layer(word.text, blocks)
    example = layers[suggestion].example if suggestion and suggestion in layers else ""
    known = (*layers, *blocks)
    instead = absent("layer", word.text) if suggestion is None else None
    return messages.unknown_layer(word.span, word.text, suggestion, example, known, instead)


def _check_size(line: Line, what: str, floats: int) -> None:
    if floats > _MAX_FLOATS:
        raise Refused(messages.net_too_large(line.span, what, 4 * floats, 4 * _MAX_FLOATS))

"""What a file and its imports define: constants, blocks and tables."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

from lenet.dsl import registry
from lenet.dsl.errors import LenetError
from lenet.dsl.lower.tables import Table, read_table
from lenet.dsl.lower.values import Constants, Refused, evaluate
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.parse import parse
from lenet.dsl.syntax.tree import Let, Line, Span, Text, Tree, Word

Read = Callable[[str], str]
_MOST_FILES = 100


@dataclass
class Block:
    """`line` is its header with the body; names in the body mean what they do in its `home`."""

    name: Word
    line: Line
    home: "Definitions"
    used: bool = False


@dataclass
class Definitions:
    """What a file's lines can name. Those of imported files are among them."""

    file: str
    constants: Constants
    blocks: dict[str, Block] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    lets: dict[str, Let] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)  # of every name


class Reader:
    """Reads definitions; `sources` keeps the text of every imported file by its path.

    `allowed` are the warnings that comments allow, as (file, line, code).
    """

    def __init__(self, read: Read | None, diagnostics: list[Diagnostic]) -> None:
        self.read = read
        self.diagnostics = diagnostics
        self.sources: dict[str, str] = {}
        self.done: dict[str, Definitions | None] = {}
        self.allowed: set[tuple[str, int, str]] = set()
        self.open: list[str] = []

    def collect(self, tree: Tree, definitions: Definitions) -> None:
        """Blocks, tables and imports of a file, wherever they stand in it.

        Its `let`s are left to `define`, since they hold only from their line on.
        """
        self.allowed |= {(definitions.file, line, code) for line, code in tree.allowed}
        for statement in tree.statements:
            if isinstance(statement, Let):
                continue
            keyword = statement.keyword.text
            if keyword == "import":
                self._import(statement, definitions)
            elif keyword == "block":
                self._block(statement, definitions)
            elif keyword == "table":
                table, problems = read_table(statement)
                self.diagnostics += problems
                if table is not None and self._is_new(definitions, table.name, table.span):
                    definitions.tables[table.name] = table

    def define(self, let: Let, definitions: Definitions) -> None:
        name = let.name.text
        if not self._is_new(definitions, name, let.name.span):
            if name not in definitions.constants.values:
                definitions.constants.define(name, None)
            return
        definitions.lets[name] = let
        try:
            value = evaluate(let.value, definitions.constants)
            definitions.constants.define(name, value)
        except Refused as refused:
            self.diagnostics.append(refused.diagnostic)
            definitions.constants.define(name, None)

    def _block(self, line: Line, definitions: Definitions) -> None:
        name = line.name
        if name is None:
            return
        known = registry.layers().keys() | registry.STRUCTURE.keys() | set(SECTIONS)
        if name.text in known:
            self.diagnostics.append(messages.block_is_layer(name.span, name.text, "block"))
        elif self._is_new(definitions, name.text, name.span):
            definitions.blocks[name.text] = Block(name, line, definitions)
        first: dict[str, Span] = {}
        for parameter in line.parameters:
            word = parameter.name
            if word.text in first:
                twice = messages.duplicate_name(word.span, word.text, first[word.text])
                self.diagnostics.append(twice)
            first.setdefault(word.text, word.span)
        if not line.body:
            example = f"block {name.text}\n  conv 6x3x3\n  relu"
            self.diagnostics.append(messages.empty_body(line.span, "block", example))

    def _is_new(self, definitions: Definitions, name: str, span: Span) -> bool:
        if name in definitions.places:
            first = definitions.places[name]
            self.diagnostics.append(messages.duplicate_name(span, name, first))
            return False
        definitions.places[name] = span
        return True

    def _import(self, line: Line, definitions: Definitions) -> None:
        items = line.items
        report = self.diagnostics.append
        if len(items) != 1 or not isinstance(items[0], Text) or line.name or line.shape:
            definitions.constants.incomplete = True
            return report(messages.bad_line(line.span, "import", 'import "blocks.lenet"'))
        if line.body:
            place = line.body[0].span
            report(messages.body_not_allowed(place, "import", line.keyword.span))
        text, span = items[0].value, items[0].span
        path = posixpath.normpath(posixpath.join(posixpath.dirname(definitions.file), text))
        found = self._load(path, span, text)
        if found is None:
            definitions.constants.incomplete = True
            return None
        definitions.constants.incomplete |= found.constants.incomplete
        for name in found.constants.unknown - found.places.keys():
            definitions.constants.define(name, None)
        for name, place in found.places.items():
            if definitions.places.get(name) == place:
                continue  # the same file, on two ways
            if not self._is_new(definitions, name, span):
                continue
            definitions.places[name] = place
            if name in found.blocks:
                definitions.blocks[name] = found.blocks[name]
            elif name in found.tables:
                definitions.tables[name] = found.tables[name]
            else:
                definitions.constants.define(name, found.constants.values.get(name))
        return None

    def _load(self, path: str, span: Span, shown: str) -> Definitions | None:
        """The definitions of an imported file, or None after a mistake, reported at the first of
        its imports."""
        report = self.diagnostics.append
        if path in self.open:
            chain = [name or "this file" for name in self.open[self.open.index(path) :]]
            report(messages.import_cycle(span, (*chain, path or "this file")))
            return None
        if path in self.done:
            return self.done[path]
        self.done[path] = None
        if self.read is None:
            report(messages.cannot_import(span, shown, "This text is in no folder."))
            return None
        if len(self.sources) >= _MOST_FILES:
            why = f"A net may use at most {_MOST_FILES} files."
            report(messages.cannot_import(span, shown, why))
            return None
        try:
            self.sources[path] = self.read(path)
        except LenetError as error:
            report(messages.cannot_import(span, shown, f"{error.detail or error.title}."))
            return None
        tree, problems = parse(self.sources[path], path)
        self.diagnostics += problems
        definitions = Definitions(path, Constants())
        self.open.append(path)
        self.collect(tree, definitions)
        for statement in tree.statements:
            if isinstance(statement, Let):
                self.define(statement, definitions)
            elif not statement.keyword.text and statement.name:
                definitions.constants.define(statement.name.text, None)
        self.open.pop()
        self.done[path] = definitions
        return definitions

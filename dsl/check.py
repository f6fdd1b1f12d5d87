"""The front end in one place: text → tree → graph, with every mistake of the file at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from lenet.dsl.checks.check_input import compare_input, suggest_input
from lenet.dsl.checks.check_search import check_search
from lenet.dsl.checks.check_whole import Sections, check_whole
from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.lower.block import look_at_unused
from lenet.dsl.lower.definitions import Definitions, Read, Reader
from lenet.dsl.lower.inputs import are_several
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.lower.state import Scope
from lenet.dsl.lower.values import Constants
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, SpecError, closest
from lenet.dsl.metrics import usual_metrics
from lenet.dsl.registry import layers
from lenet.dsl.search.places import File
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.parse import parse
from lenet.dsl.syntax.tree import Let, Line, Tree

_DEFINITIONS = ("block", "table", "import")


@dataclass(frozen=True)
class Checked:
    """`graph` is None where there is an error; `imports` are the texts of imported files.

    `definitions` tell where names were defined, `lowered` the shapes along the lines: for editors.
    `allowed` are the warnings that comments allow, as (file, line, code).
    """

    tree: Tree
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    imports: Mapping[str, str]
    definitions: Definitions
    lowered: Lowering
    allowed: frozenset[tuple[str, int, str]] = frozenset()

    @property
    def only_defines(self) -> bool:
        """Whether the file has blocks, tables or constants for others to import, and no net."""
        kinds = {
            "let" if isinstance(statement, Let) else statement.keyword.text
            for statement in self.tree.statements
        }
        return bool(kinds - {"import"}) and kinds <= {"let", *_DEFINITIONS}

    def as_definitions(self) -> "Checked":
        """The same without the mistake that there is no net, if the file only defines."""
        if not self.only_defines:
            return self
        others = tuple(d for d in self.diagnostics if d.code != "E020")
        return replace(self, diagnostics=others)

    def allows(self, diagnostic: Diagnostic) -> bool:
        """Whether a comment on its line says `# allow` and its code."""
        span = diagnostic.span
        return (span.file, span.line, diagnostic.code) in self.allowed


def check(
    text: str, overrides: Mapping[str, Fraction] | None = None, read: Read | None = None
) -> Checked:
    """Parse and check a whole file.

    `overrides` are the values of `--set`; `read` gives the text of an imported file, whose path
    starts at the folder of this one, or raises LenetError.
    """
    tree, diagnostics = parse(text)
    reader = Reader(read, diagnostics)
    definitions = Definitions("", Constants(overrides))
    reader.open.append("")
    reader.collect(tree, definitions)
    lowered = Lowering(diagnostics)
    sections = _lower(tree, definitions, lowered, reader)
    look_at_unused(lowered, [b for b in definitions.blocks.values() if b.home is definitions])
    read_sections = _read_sections(sections, lowered, definitions)
    data = read_sections.data
    again = compare_input(lowered, data, tree, definitions) if data is not None else None
    check_whole(lowered, again, read_sections, text)
    if read_sections.search is not None:
        check_search(File(tree, definitions, lowered), read_sections, read_sections.search)
    if data is None or DATASETS[data.kind].shape is None:
        suggest_input(tree, definitions, lowered)
    failed = any(d.code and d.severity == "error" for d in diagnostics)
    if not failed:
        diagnostics += _unused(definitions)
    found = sorted(
        (d for d in diagnostics if d.code),
        key=lambda d: (d.span.file, d.span.line, d.span.column),
    )
    graph = None
    if not failed:
        _check_settings(tuple(definitions.lets), overrides or {})
        graph = Graph(
            tuple(lowered.nodes), read_sections.data, read_sections.train, text,
            read_sections.augment, dict(reader.sources), tuple(lowered.groups),
            read_sections.search,
        )  # fmt: skip
        graph = _measuring(graph)
    checked = Checked(
        tree, graph, (), dict(reader.sources), definitions, lowered, frozenset(reader.allowed)
    )
    return replace(checked, diagnostics=tuple(d for d in found if not checked.allows(d)))


def _measuring(graph: Graph) -> Graph:
    """With the metrics of its answers, where no line names any."""
    train = graph.train
    if train is None or train.metrics != usual_metrics():
        return graph
    return replace(graph, train=replace(train, metrics=usual_metrics(graph.answers)))


def check_graph(
    text: str,
    path: str,
    overrides: Mapping[str, Fraction] | None = None,
    imports: Mapping[str, str] | None = None,
) -> Graph:
    """The graph of a file without errors, or SpecError; `imports` are texts by their paths."""
    checked = check(text, overrides, reader_of(imports or {}))
    if checked.graph is None:
        raise SpecError(path, text, checked.diagnostics, checked.imports)
    return checked.graph


def reader_of(imports: Mapping[str, str]) -> Read:
    """Imported files that are at hand as texts."""

    def read(path: str) -> str:
        if path not in imports:
            raise LenetError(f"there is no file {path}", "its text was not kept")
        return imports[path]

    return read


def _lower(tree: Tree, definitions: Definitions, lowered: Lowering, reader: Reader) -> list[Line]:
    """The net's lines in their order; the lines that begin a section are returned."""
    sections = []
    scope = Scope(definitions, definitions.constants)
    lowered.several = are_several(tree.statements, definitions.constants)
    above: Line | None = None  # the section right before
    for statement in tree.statements:
        section, above = above, None
        if isinstance(statement, Let):
            reader.define(statement, definitions)
        elif statement.keyword.text in SECTIONS:
            sections.append(statement)
            above = statement
        elif section is not None and _is_meant_for(section, statement):
            word, name = statement.keyword, section.keyword
            lowered.report(messages.behind_section(word.span, word.text, name.text, name.span))
        elif not statement.keyword.text and statement.name:
            definitions.constants.define(statement.name.text, None)  # an unreadable `let`
        elif statement.keyword.text not in _DEFINITIONS:
            lowered.line(statement, scope)
    return sections


def _is_meant_for(section: Line, line: Line) -> bool:
    """Whether the line's word is a layer's, and one of the section's lines."""
    word = line.keyword.text
    return word in SECTIONS[section.keyword.text].lines and word in layers()


def _read_sections(lines: list[Line], lowered: Lowering, definitions: Definitions) -> Sections:
    sections = Sections()
    constants = definitions.constants
    for line in lines:  # after all lets
        name = line.keyword.text
        if name in sections.lines:
            first = sections.lines[name].keyword.span
            lowered.report(messages.section_twice(line.keyword.span, name, first))
            continue
        sections.lines[name] = line
        sections.values[name], problems = SECTIONS[name].read(line, constants)
        for problem in problems:
            lowered.report(problem)
    return sections


def _unused(definitions: Definitions) -> list[Diagnostic]:
    """Warnings for what the file defines and does not use."""
    used = definitions.constants.used
    found = [
        messages.unused_constant(let.name.span, name)
        for name, let in definitions.lets.items()
        if name not in used
    ]
    for block in definitions.blocks.values():
        if not block.used and block.home is definitions:
            found.append(messages.unused_definition(block.name.span, "block", block.name.text))
    for table in definitions.tables.values():
        if not table.used and not table.span.file:
            found.append(messages.unused_definition(table.span, "table", table.name))
    return found


def _check_settings(lets: Sequence[str], overrides: Mapping[str, Fraction]) -> None:
    for name in overrides:
        if name not in lets:
            fix = messages.unknown_setting(name, tuple(lets), closest(name, lets))
            raise LenetError(f"cannot set {name}: the file defines no such constant", "", fix)

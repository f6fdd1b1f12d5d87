"""Which places of a file the lines of its section `search` name."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lenet.dsl.lower.definitions import Definitions
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.registry import layers
from lenet.dsl.search.space import Space
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.tree import Item, Let, Line, Name, Operation, Sizes, Span, Statement, Tree


@dataclass(frozen=True)
class Place:
    """A place of the file's text that settings are put into: a `number`, `sizes` that are several
    numbers, so many `parts`, a `word`, or the word with the `rest` of its line. What it has not is
    None. It is in the `line`, of a `section` if that is not "", or in a `block`. So its number and
    its word are `written` there."""

    number: Span | None = None
    sizes: Span | None = None
    parts: int = 0
    word: Span | None = None
    rest: Span | None = None
    line: Line | None = field(default=None, compare=False, repr=False)
    section: str = ""
    block: bool = False
    written: str = ""
    written_word: str = ""

    def span_for(self, number: bool, parts: int) -> Span | None:
        """Where a number, or sizes of so many parts, or a word is to be put."""
        if number:
            return self.number
        return (
            self.sizes if parts > 1 and parts == self.parts else self.word if parts == 1 else None
        )


@dataclass(frozen=True)
class Target:
    """A space with the places that it names: several, where it names a kind of layer."""

    space: Space
    places: tuple[Place, ...]

    @property
    def own(self) -> str:
        """What the file itself says in the first place."""
        numbers = all(choice.number for choice in self.space.tried)
        place = self.places[0]
        return (place.written or place.written_word) if numbers else place.written_word

    @property
    def spans(self) -> set[Span]:
        """What it changes, as far as that is a single number or word."""
        found = {
            place.span_for(choice.number, choice.parts)
            for place in self.places
            for choice in self.space.tried
            if not choice.quoted
        }
        return {span for span in found if span is not None}


@dataclass(frozen=True)
class File:
    """What is known of a file when the names of its search are looked up."""

    tree: Tree
    definitions: Definitions
    lowered: Lowering

    @property
    def constants(self) -> Constants:
        """The values of its `let`s."""
        return self.definitions.constants

    def sections(self) -> Iterator[tuple[str, Line]]:
        """The lines of its other sections, with their names."""
        for statement in self.tree.statements:
            if isinstance(statement, Line) and statement.keyword.text in SECTIONS:
                name = statement.keyword.text
                if not SECTIONS[name].open:
                    yield from ((name, line) for line in statement.body if isinstance(line, Line))

    def layers(self) -> Iterator[tuple[Line, bool]]:
        """All lines of its net, and whether they are in a block."""
        for statement in self.tree.statements:
            if isinstance(statement, Line) and statement.keyword.text not in SECTIONS:
                inside = statement.keyword.text == "block"
                yield from ((line, inside) for line in _walk(statement))

    def names(self) -> tuple[str, ...]:
        """What may be named, but for kinds of layers."""
        found = [name for name, let in self.definitions.lets.items() if not let.name.span.file]
        for name, line in self.sections():
            key, items = line.keyword.text, line.items
            if items and not _is_fixed(name, key):
                found.append(key)
                pairs = zip(items, items[1:], strict=False)
                found += [f"{key} {_word(k)}" for k, v in pairs if _word(k) and not _word(v)]
        nodes = self.lowered.nodes[1:]  # behind the input
        return tuple(dict.fromkeys(found + [node.name for node in nodes if not node.file]))


def _walk(statement: Statement) -> Iterator[Line]:
    if isinstance(statement, Line):
        yield statement
        for child in statement.body:
            yield from _walk(child)


def target_of(space: Space, file: File) -> Target:
    """The places that a space names; Refused where there are none, or where it is not clear which
    are meant."""
    first, *more = space.words
    if first in SECTIONS and not SECTIONS[first].open and more:
        found = {f"{first} {more[0]}": _of_section(space, file, more[0], more[1:], first)}
    else:
        found = {
            "let": _of_let(first, file) if not more else (),
            **{
                f"{name} {first}": _of_section(space, file, first, more, name)
                for name, section in SECTIONS.items()
                if not section.open and first in section.lines
            },
            "layer": _of_layers(space, file, first, more),
        }
    known = {what: places for what, places in found.items() if places}
    if len(known) > 1:
        written = tuple(what for what in known if what not in ("let", "layer"))
        raise Refused(messages.ambiguous_space(space.span, first, tuple(known), written))
    if not known:
        raise Refused(_unknown(space, file))
    target = Target(space, next(iter(known.values())))
    own_is_whole = all(place.written.isdecimal() for place in target.places)
    return replace(target, space=replace(space, whole=space.whole and own_is_whole))


def _of_let(name: str, file: File) -> tuple[Place, ...]:
    let = file.definitions.lets.get(name)
    if not isinstance(let, Let) or let.name.span.file:
        return ()
    return (Place(number=let.value.span, written=_written(file, let.value.span)),)


def _of_section(
    space: Space, file: File, key: str, more: list[str], section: str
) -> tuple[Place, ...]:
    lines = [line for name, line in file.sections() if name == section and line.keyword.text == key]
    if _is_fixed(section, key) and lines:
        raise Refused(messages.fixed_space(space.span, section, key))
    found = [_place(space, file, line, more, section) for line in lines]
    if more and found and not any(found):
        raise Refused(messages.no_such_value(space.span, key, more[0], lines[0].span))
    there = tuple(place for place in found if place is not None)
    if len(there) > 1:
        raise Refused(messages.several_lines(space.span, key, lines[1].span))
    return there


def _is_fixed(section: str, key: str) -> bool:
    known = SECTIONS[section].lines.get(key)
    return known is not None and known.compares


def _of_layers(space: Space, file: File, name: str, more: list[str]) -> tuple[Place, ...]:
    named = {node.line for node in file.lowered.nodes if node.name == name and not node.file}
    lines = [
        (line, block)
        for line, block in file.layers()
        if (line.span.line in named if named else line.keyword.text == name and name in layers())
    ]
    found = [_place(space, file, line, more, block=block) for line, block in lines]
    if more and found and not any(found):
        raise Refused(messages.no_such_value(space.span, name, more[0], lines[0][0].span))
    return tuple(place for place in found if place is not None)


def _place(
    space: Space, file: File, line: Line, more: list[str], section: str = "", block: bool = False
) -> Place | None:
    """What a line has to be changed; None where it lacks the value that `more` names."""
    items = line.items
    last = items[-1].span if items else line.keyword.span
    place = Place(line=line, section=section, block=block)
    if more:
        at = next((k for k, item in enumerate(items) if _word(item) == more[0]), None)
        if at is None or len(more) > 1 or at + 1 == len(items):
            return None
        item = items[at + 1]
        place = replace(place, word=item.span, rest=item.span)
        place = replace(place, written_word=_written(file, item.span))
        return _with_number(place, item, file)
    if not section:
        place = replace(place, word=line.keyword.span, rest=line.keyword.span.to(last))
    elif items:
        word = items[0].span if _word(items[0]) and not _is_number(items[0], file) else None
        place = replace(place, word=word, rest=items[0].span.to(last))
    if place.word is not None:
        place = replace(place, written_word=_written(file, place.word))
    number = next((item for item in items if _is_number(item, file)), None)
    return place if number is None else _with_number(place, number, file)


def _with_number(place: Place, item: Item, file: File) -> Place:
    if not isinstance(item, Sizes) or not _is_number(item, file):
        return place
    if len(item.parts) == 1:
        return replace(place, number=item.span, written=_written(file, item.span))
    number = item.parts[0].span
    return replace(
        place, number=number, sizes=item.span, parts=len(item.parts), written=_written(file, number)
    )


def _word(item: Item) -> str:
    return item.word or "" if isinstance(item, Sizes) else ""


def _is_number(item: Item, file: File) -> bool:
    """Whether its first part is a number, or may be one: a constant, or a block's parameter."""
    if not isinstance(item, Sizes):
        return False
    part = item.parts[0]
    if isinstance(part, Name):
        return len(item.parts) > 1 or file.constants.knows(part.text)
    return not isinstance(part, Operation) or not file.constants.negated(item)


def _written(file: File, span: Span) -> str:
    return file.tree.text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


def _unknown(space: Space, file: File) -> Diagnostic:
    first, *more = space.words
    key = more[0] if first in SECTIONS and more else first
    for name, section in SECTIONS.items():
        if key in section.lines and not section.open and first in (name, key):
            return messages.line_not_there(space.span, name, key, section.lines[key].example)
    node = next((node for node in file.lowered.nodes if node.name == first and node.file), None)
    if node is not None:
        return messages.in_another_file(space.span, first, node.file)
    names = file.names()
    behind = (name for name in names if name.endswith(f" {first}"))
    suggestion = next(behind, None) or closest(first, names)
    return messages.unknown_space(space.span, first, suggestion, names)

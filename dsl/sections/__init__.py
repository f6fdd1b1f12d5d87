"""Sections: what a file says beside its net. Each is an entry, and so is each of its lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.absent import absent
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.vocabulary import Entry, Registry


@dataclass(frozen=True, kw_only=True)
class SectionLine(Entry):
    """The entry of a line: its `example` is how it is written. `read` gives the section's value
    with what a line says, or raises Refused; `repeatable` ones may stand there several times, and
    `named` ones may give a name behind `as`. What trials of a search are compared by, such as the
    held-out images, `compares`: nothing is tried there. Its first word may be one of `words`."""

    read: Callable[[Reader, Any], Any]
    repeatable: bool = False
    named: bool = False
    compares: bool = False
    words: Registry[Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Section(Entry):
    """The entry of a section.

    `lines` are those that may stand in it, `blank` is the value of a section without any. `read`
    gives the value of what stands in a file, None where its first line cannot be read, and all
    mistakes. Lines of an `open` one may also begin with names of the file.
    """

    lines: Mapping[str, SectionLine]
    blank: Any
    read: Callable[[Line, Constants], tuple[Any, list[Diagnostic]]]
    open: bool = False

    @property
    def bare(self) -> bool:
        """Whether its first line has nothing but its word."""
        return self.example == self.name

    @property
    def aliases_of_lines(self) -> Mapping[str, str]:
        """Our words for others'."""
        return {alias: line.name for line in self.lines.values() for alias in line.aliases}


SECTIONS: Registry[Section] = Registry(__name__, "SECTION")


def by_name(lines: tuple[SectionLine, ...]) -> Mapping[str, SectionLine]:
    """Those of a section, in this order."""
    return {line.name: line for line in lines}


def read_lines(
    section: Line, entry: Section, state: Any, constants: Constants, problems: list[Diagnostic]
) -> Any:
    """The section's value, with each line of its body applied to `state`."""
    first: dict[str, Span] = {}
    for statement in section.body:
        if not isinstance(statement, Line):
            problems.append(messages.let_in_body(statement.span, entry.name))
            continue
        key = statement.keyword.text
        if not key:
            continue  # reported when it was parsed
        span = statement.keyword.span
        if key not in entry.lines:
            problems.append(_unknown(span, key, entry))
            continue
        line = entry.lines[key]
        if key in first and not line.repeatable:
            problems.append(messages.key_twice(span, key, first[key]))
            continue
        first.setdefault(key, span)
        if statement.body:
            problems.append(messages.body_not_allowed(statement.body[0].span, key, span))
        try:
            reader = Reader(statement, line.example, constants, named=line.named)
            new_state = line.read(reader, state)
            reader.end()
            state = new_state
        except Refused as refused:
            problems.append(refused.diagnostic)
    return state


def bare_head(section: Line, entry: Section) -> list[Diagnostic]:
    """What is wrong with the first line of a section that has nothing but its word."""
    if section.items or section.name or section.shape:
        return [messages.bad_line(section.span, entry.name, entry.name)]
    return []


def _unknown(span: Span, key: str, entry: Section) -> Diagnostic:
    lines = entry.lines
    suggestion = entry.aliases_of_lines.get(key.lower())
    instead = absent(f"line of {entry.name}", key) if suggestion is None else None
    if suggestion is None and instead is None:
        suggestion = closest(key, lines)
    usage = lines[suggestion].example if suggestion and suggestion in lines else ""
    return messages.unknown_key(span, entry.name, key, suggestion, tuple(lines), usage, instead)

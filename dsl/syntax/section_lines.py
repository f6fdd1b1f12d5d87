"""A file with another line in one of its sections."""

from lenet.dsl.syntax.parse import parse
from lenet.dsl.syntax.tree import Line

_INDENT = "  "


def with_line(text: str, section: str, written: str) -> str:
    """The text, in whose section, which must be there, this line takes the place of all lines with
    the same word, or stands behind the last line."""
    where = _section(text, section)
    assert where is not None
    lines, own = text.split("\n"), _of(where, written.split()[0])
    if own:
        lines[own[0].span.line - 1] = _INDENT + written
        return _without(lines, own[1:])
    last = max(child.span.line for child in (where, *where.body))
    return "\n".join([*lines[:last], _INDENT + written, *lines[last:]])


def without_line(text: str, section: str, word: str) -> str:
    """The text without the lines of a section that begin with a word."""
    where = _section(text, section)
    return text if where is None else _without(text.split("\n"), _of(where, word))


def _section(text: str, name: str) -> Line | None:
    statements = parse(text)[0].statements
    lines = (line for line in statements if isinstance(line, Line) and line.keyword.text == name)
    return next(lines, None)


def _of(section: Line, word: str) -> list[Line]:
    return [line for line in section.body if isinstance(line, Line) and line.keyword.text == word]


def _without(lines: list[str], gone: list[Line]) -> str:
    numbers = {line.span.line for line in gone}
    return "\n".join(line for k, line in enumerate(lines, start=1) if k not in numbers)

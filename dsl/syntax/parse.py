"""Text to syntax tree: each line by the Lark grammar, bodies by indentation.

Lines are parsed one by one, so that a bad line never hides the next one.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.syntax.builder import Builder
from lenet.dsl.syntax.indent import has_body, has_tab, indent_of, tab_width
from lenet.dsl.syntax.meant import as_meant
from lenet.dsl.syntax.tree import (
    Let,
    Line,
    Row,
    Span,
    Statement,
    Tree,
    Word,
)

_ALLOW = re.compile(r"#\s*allow((?:\s+W\d+,?)+)")
_CODE = re.compile(r'(?:[^"#]+|"[^"]*")*')
_LET = re.compile(r"\s*(?:let\s+)?([A-Za-z_]\w*)\s*=|\s*let\s+([A-Za-z_]\w*)")
_OPERATOR = re.compile(r"[-+*/(]")
MAX_LINES = 10_000
_MAX_LINE = 2000
_MAX_OPERATORS = 200
MAX_DEPTH = 40
_MOST_MEANT = 100  # mistakes, before it is no longer asked what each line was meant to be


@cache
def _grammar() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text()
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


# An editor asks again and again for lines that did not change, or have only moved.


@lru_cache(maxsize=20_000)
def _tree_of(source: str) -> Any:
    return _grammar().parse(source)


@lru_cache(maxsize=20_000)
def _statement_of(source: str, number: int, file: str) -> Statement:
    statement = Builder(number, source, file).transform(_tree_of(source))
    assert isinstance(statement, Let | Line)
    return statement


@dataclass
class _Raw:
    """A parsed line and the body that is still growing, with the indents seen in it.

    `tabbed` is a line that is indented by a tab, `loose` one whose body has such lines.
    """

    indent: int
    statement: Statement
    body: list["_Raw"] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    indents: list[int] = field(default_factory=list)
    tabbed: bool = False
    loose: bool = False

    def close(self) -> Statement:
        if isinstance(self.statement, Let):
            return self.statement
        body = tuple(child.close() for child in self.body)
        return replace(self.statement, body=body, rows=tuple(self.rows))


def parse(text: str, file: str = "") -> tuple[Tree, list[Diagnostic]]:
    """The tree of every line that can be read, and a diagnostic for every one that cannot.

    `file` is the path of an imported file, "" for the main one.
    """
    diagnostics: list[Diagnostic] = []
    allowed: set[tuple[int, str]] = set()
    nowhere = Word("", Span(0, 1, 1, file))
    root = _Raw(-1, Line(nowhere, (), None, None, nowhere.span), indents=[0])
    open_lines = [root]
    sources = text.split("\n")
    codes = [code_of(source) for source in sources[:MAX_LINES]]
    width = tab_width([code for code in codes if code.strip()])
    for number, source in enumerate(sources, start=1):
        if number > MAX_LINES:
            diagnostics.append(messages.too_many_lines(Span(number, 1, 2, file), MAX_LINES))
            break
        code = codes[number - 1]
        for names in _ALLOW.findall(source[len(code) :]):
            allowed.update((number, found) for found in re.findall(r"W\d+", names))
        if not code.strip():
            continue
        indent = indent_of(code, width)
        span = Span(number, len(code) - len(code.lstrip(" \t")) + 1, len(code.rstrip()) + 1, file)
        parent, problem = _find_parent(open_lines, indent, span, has_tab(code))
        if problem is not None and problem.code == "E006":
            diagnostics.append(problem)
            continue
        if "\t" in code.rstrip() and len(code) <= _MAX_LINE:
            tabs = [k for k, letter in enumerate(code.rstrip(), start=1) if letter == "\t"]
            problem = messages.tab(span, tabs, parent.indents[0])
        if problem is not None:
            diagnostics.append(problem)
        if _keyword(parent) == "table":
            parent.rows.append(Row(tuple(_cells(code, span)), span))
            continue  # its rows are no lines of the language
        try:
            statement = _parse_line(source.rstrip().replace("\t", " "), number, file)
        except _Unreadable as unreadable:
            diagnostics.append(unreadable.diagnostic)
            # Its body, if it has one, is still read: stand in an empty line of that indent.
            statement = Line(Word("", span), (), _constant(code, span), None, span)
            if unreadable.diagnostic.code in ("E001", "E002") and len(diagnostics) <= _MOST_MEANT:
                plain = code.rstrip().replace("\t", " ")
                diagnostics[-1], meant = as_meant(
                    diagnostics[-1], plain, _keyword(parent), _statement_or_none
                )
                if meant and plain.lstrip(" ").startswith(meant):  # as in `train:`
                    end = span.column - 1 + len(meant)
                    statement = _parse_line(plain[:end], number, file)
        raw = _Raw(indent, statement, tabbed=has_tab(code))
        parent.body.append(raw)
        open_lines.append(raw)
    statements = tuple(raw.close() for raw in root.body)
    return Tree(text, statements, frozenset(allowed)), diagnostics


def _statement_or_none(text: str) -> Statement | None:
    """What a text says that stands in line 1, or None where it cannot be read."""
    try:
        return _parse_line(text, 1, "")
    except _Unreadable:
        return None


def _cells(code: str, span: Span) -> list[Word]:
    return [
        Word(found[0], Span(span.line, found.start() + 1, found.end() + 1, span.file))
        for found in re.finditer(r"\S+", code)
    ]


def code_of(source: str) -> str:
    """The line without its comment."""
    found = _CODE.match(source)
    return found[0] if found and source[found.end() : found.end() + 1] != '"' else source


def _constant(code: str, span: Span) -> Word | None:
    """The name that an unreadable line would have defined."""
    found = _LET.match(code)
    return Word(found[1] or found[2], span) if found else None


def _keyword(raw: _Raw) -> str:
    return raw.statement.keyword.text if isinstance(raw.statement, Line) else "let"


def _find_parent(
    open_lines: list[_Raw], indent: int, span: Span, tabbed: bool
) -> tuple[_Raw, Diagnostic | None]:
    """The line to whose body this indent belongs. A wrong indent is reported once a body, and not
    where it may follow from a tab."""
    while len(open_lines) > 1 and (
        indent <= open_lines[-1].indent
        or _keyword(open_lines[-1]) == "let"
        or (len(open_lines) > 2 and indent in open_lines[-2].indents)
        or (
            (tabbed or open_lines[-1].tabbed)
            and not has_body(_keyword(open_lines[-1]), _keyword(open_lines[-2]))
        )
    ):
        open_lines.pop()
    problem = None
    parent = open_lines[-1]
    if len(open_lines) > MAX_DEPTH:
        return parent, messages.too_deep(span, f"{MAX_DEPTH} levels of indentation")
    parent.loose = parent.loose or tabbed
    if not parent.indents:
        parent.indents.append(indent)
    elif indent not in parent.indents:
        if problem is None and parent.indent < 0 and not parent.loose:
            problem = messages.indented(span)
        elif problem is None and not parent.loose:
            problem = messages.indentation(span, indent, parent.indent, parent.indents[0])
        parent.indents.append(indent)
    return parent, problem


class _Unreadable(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def _parse_line(source: str, number: int, file: str) -> Statement:
    code = code_of(source).rstrip()
    if len(code) > _MAX_LINE:
        span = Span(number, 1, 2, file)
        raise _Unreadable(messages.line_too_long(span, len(code), _MAX_LINE))
    if len(_OPERATOR.findall(code)) > _MAX_OPERATORS:
        span = Span(number, 1, 2, file)
        raise _Unreadable(messages.too_deep(span, f"{_MAX_OPERATORS} operators and parentheses"))
    try:
        return _statement_of(source, number, file)
    except UnexpectedCharacters as error:
        column, text = error.column, source[error.column - 1]
    except UnexpectedEOF:
        column, text = len(code) + 1, ""
    except UnexpectedToken as error:
        at_end = error.token.type in ("$END", "COMMENT")
        column = len(code) + 1 if at_end else error.token.column or 1
        text = "" if at_end else str(error.token)
    before = source[: column - 1]
    span = Span(number, column, column + max(1, len(text)), file)
    if not text:
        raise _Unreadable(messages.unexpected_end(span, before)) from None
    if not (text[0].isascii() and text[0].isalnum()):
        raise _Unreadable(messages.unexpected_character(span, text, before)) from None
    raise _Unreadable(messages.unexpected_word(span, text, before)) from None

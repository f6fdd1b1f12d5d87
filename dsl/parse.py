"""Text to syntax tree: each line by the Lark grammar, bodies by indentation.

Lines are parsed one by one, so that a bad line never hides the next one.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from dsl import messages
from dsl.diagnostics import Diagnostic
from dsl.syntax import (
    Expression,
    Item,
    Let,
    Line,
    Name,
    Number,
    Operation,
    Sizes,
    Span,
    Statement,
    Text,
    Tree,
    Word,
)

_ALLOW = re.compile(r"#\s*allow((?:\s+W\d+,?)+)")
_MAX_LINE = 2000
_MAX_DEPTH = 40


@cache
def _grammar() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text()
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


@dataclass
class _Raw:
    """A parsed line and the body that is still growing."""

    indent: int
    statement: Statement
    body: list["_Raw"] = field(default_factory=list)

    def close(self) -> Statement:
        if isinstance(self.statement, Let):
            return self.statement
        return replace(self.statement, body=tuple(child.close() for child in self.body))


def parse(text: str) -> tuple[Tree, list[Diagnostic]]:
    """The tree of every line that can be read, and a diagnostic for every one that cannot."""
    diagnostics: list[Diagnostic] = []
    allowed: set[tuple[int, str]] = set()
    root = _Raw(-1, Let(Word("", Span(0, 1, 1)), Number("0", Span(0, 1, 1)), Span(0, 1, 1)))
    open_lines = [root]
    for number, source in enumerate(text.split("\n"), start=1):
        for code in re.findall(r"W\d+", " ".join(_ALLOW.findall(source))):
            allowed.add((number, code))
        content = source.strip()
        if not content or content.startswith("#"):
            continue
        indent = len(source) - len(source.lstrip())
        if "\t" in source.split("#")[0]:
            column = source.index("\t") + 1
            diagnostics.append(messages.tab(Span(number, column, column + 1)))
            source = source.replace("\t", " ")
        try:
            statement = _parse_line(source, number)
        except _Unreadable as unreadable:
            diagnostics.append(unreadable.diagnostic)
            # Its body, if it has one, is still read: stand in an empty line of that indent.
            word = Word("", Span(number, indent + 1, len(source) + 1))
            statement = Line(word, (), None, None, word.span)
        while indent <= open_lines[-1].indent:
            last = open_lines.pop()
        parent = open_lines[-1]
        if parent.body and parent.body[-1].indent != indent:
            expected = parent.body[-1].indent
            diagnostics.append(messages.indentation(statement.span, indent, expected, last.indent))
        raw = _Raw(indent, statement)
        if len(open_lines) > _MAX_DEPTH:
            diagnostics.append(messages.too_deep(statement.span, _MAX_DEPTH))
            break
        parent.body.append(raw)
        open_lines.append(raw)
    statements = tuple(raw.close() for raw in root.body)
    return Tree(text, statements, frozenset(allowed)), diagnostics


class _Unreadable(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def _parse_line(source: str, number: int) -> Statement:
    if len(source) > _MAX_LINE:
        raise _Unreadable(messages.line_too_long(Span(number, 1, 2), len(source), _MAX_LINE))
    try:
        tree = _grammar().parse(source)
    except UnexpectedCharacters as error:
        span = Span(number, error.column, error.column + 1)
        raise _Unreadable(messages.unexpected_character(span, source[error.column - 1])) from None
    except UnexpectedEOF:
        end = len(source.rstrip()) + 1
        raise _Unreadable(messages.unexpected_end(Span(number, end, end + 1))) from None
    except UnexpectedToken as error:
        token = error.token
        if token.type == "$END":
            end = len(source.split("#")[0].rstrip()) + 1
            raise _Unreadable(messages.unexpected_end(Span(number, end, end + 1))) from None
        column = token.column or 1
        span = Span(number, column, column + len(token))
        if not str(token)[0].isalnum():
            raise _Unreadable(messages.unexpected_character(span, str(token))) from None
        raise _Unreadable(messages.unexpected_word(span, str(token))) from None
    return _Builder(number, source).transform(tree)


class _Builder(Transformer):  # type: ignore[type-arg]
    """Lark's tree of one line to our syntax tree."""

    def __init__(self, number: int, source: str) -> None:
        super().__init__()
        self.line_number = number
        self.source = source

    def _span(self, token: Token) -> Span:
        column = token.column or 1
        return Span(self.line_number, column, column + len(token))

    def _word(self, token: Token | None) -> Word | None:
        return None if token is None else Word(str(token), self._span(token))

    def start(self, children: list[Any]) -> Statement:
        statement = children[0]
        assert isinstance(statement, Let | Line)
        return statement

    def let(self, children: list[Any]) -> Let:
        word = self._word(children[0])
        assert word is not None
        return Let(word, children[1], word.span.to(children[1].span))

    def block(self, children: list[Any]) -> Line:
        column = len(self.source) - len(self.source.lstrip()) + 1
        word = Word("block", Span(self.line_number, column, column + 5))
        return Line(word, (), None, None, word.span)

    def parameter(self, children: list[Any]) -> None:
        return None

    def layer(self, children: list[Any]) -> Line:
        keyword = self._word(children[0])
        assert keyword is not None
        items: tuple[Item, ...] = tuple(children[1:-2])
        name, shape = self._word(children[-2]), children[-1]
        span = keyword.span
        for part in (*items, name, shape):
            span = span.to(part.span) if part is not None else span
        return Line(keyword, items, name, shape, span)

    def text(self, children: list[Token]) -> Text:
        return Text(str(children[0])[1:-1], self._span(children[0]))

    def sizes(self, children: list[Expression]) -> Sizes:
        return Sizes(tuple(children), children[0].span.to(children[-1].span))

    def number(self, children: list[Token]) -> Number:
        return Number(str(children[0]), self._span(children[0]))

    def name(self, children: list[Token]) -> Name:
        return Name(str(children[0]), self._span(children[0]))

    def _operation(self, operator: str, left: Expression, right: Expression) -> Operation:
        return Operation(operator, left, right, left.span.to(right.span))

    def add(self, children: list[Expression]) -> Operation:
        return self._operation("+", *children)

    def subtract(self, children: list[Expression]) -> Operation:
        return self._operation("-", *children)

    def multiply(self, children: list[Expression]) -> Operation:
        return self._operation("*", *children)

    def divide(self, children: list[Expression]) -> Operation:
        return self._operation("/", *children)

    def negate(self, children: list[Expression]) -> Operation:
        return self._operation("-", Number("0", children[0].span), children[0])

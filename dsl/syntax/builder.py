"""One line's parse tree to our syntax tree."""

from typing import Any

from lark import Token
from lark.visitors import Transformer_NonRecursive

from lenet.dsl.syntax.tree import (
    Expression,
    Item,
    Let,
    Line,
    Name,
    Number,
    Operation,
    Parameter,
    Sizes,
    Span,
    Statement,
    Text,
    Word,
)


class Builder(Transformer_NonRecursive):  # type: ignore[type-arg]
    """Lark's tree of one line to our syntax tree."""

    def __init__(self, number: int, source: str, file: str) -> None:
        super().__init__()
        self.line_number = number
        self.source = source
        self.file = file

    def _span(self, token: Token) -> Span:
        column = token.column or 1
        return Span(self.line_number, column, column + len(token), self.file)

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
        word = Word("block", Span(self.line_number, column, column + 5, self.file))
        parameters = tuple(child for child in children[1:] if child is not None)
        name = self._word(children[0])
        assert name is not None
        return Line(word, (), name, None, word.span.to(name.span), parameters=parameters)

    def parameter(self, children: list[Any]) -> Parameter:
        name = self._word(children[0])
        assert name is not None
        return Parameter(name, children[1])

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

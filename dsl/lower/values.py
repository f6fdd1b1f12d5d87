"""Expressions to numbers: exact fractions, whole where sizes are due, factors kept."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.syntax.tree import Expression, Item, Name, Number, Operation, Sizes

LARGEST_SIZE = 2**31 - 1
_MAX_BITS = 1000  # of a numerator or a denominator: any such fraction is a finite float
_MAX_DIGITS = 300


class Refused(Exception):
    """Carries the diagnostic of a mistake to the place that collects them."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


class Size(int):
    """A whole number that remembers the factors it was written with."""

    factors: tuple[int, ...]

    def __new__(cls, value: int, factors: tuple[int, ...] = ()) -> "Size":
        size = super().__new__(cls, value)
        size.factors = factors or (value,)
        return size

    @property
    def text(self) -> str:
        return "*".join(map(str, self.factors))


class Constants:
    """The values of names: of a file's `let`s, or of a block's parameters inside those."""

    def __init__(
        self,
        overrides: Mapping[str, Fraction] | None = None,
        outer: "Constants | None" = None,
    ) -> None:
        self.overrides = dict(overrides or {})
        self.outer = outer
        self.values: dict[str, Fraction] = {}
        self.used: set[str] = set()
        self.unknown: set[str] = set()
        self.incomplete = False  # after a failed import, when any name may be missing

    def define(self, name: str, value: Fraction | None) -> None:
        """A value of None is unknown after a mistake, which was reported."""
        value = self.overrides.get(name, value)
        if value is None:
            self.unknown.add(name)
        else:
            self.values[name] = value

    def knows(self, name: str) -> bool:
        """Whether it is a constant's name, even of one whose value is unknown, such as a parameter
        of a block that nothing uses."""
        here = name in self.values or name in self.unknown
        return here or (self.outer is not None and self.outer.knows(name))

    def negated(self, item: Item) -> str:
        """The word before a negative number, as in `momentum -0.5`, which reads as a difference;
        "" where it is none."""
        part = item.parts[0] if isinstance(item, Sizes) and len(item.parts) == 1 else None
        while isinstance(part, Operation) and isinstance(part.left, Operation):
            part = part.left
        if not isinstance(part, Operation) or part.operator != "-":
            return ""
        word = part.left.text if isinstance(part.left, Name) else ""
        return "" if self.knows(word) else word

    def names(self) -> Iterator[str]:
        """All that are known here."""
        yield from self.values
        yield from self.outer.names() if self.outer else ()

    @property
    def complete(self) -> bool:
        return not self.incomplete and (self.outer is None or self.outer.complete)

    def look_up(self, name: Name) -> Fraction:
        scope: Constants | None = self
        while scope is not None:
            if name.text in scope.unknown:
                scope.used.add(name.text)
                raise Refused(messages.already_reported(name.span))
            if name.text in scope.values:
                scope.used.add(name.text)
                return scope.values[name.text]
            if scope.incomplete:
                raise Refused(messages.already_reported(name.span))
            scope = scope.outer
        suggestion = closest(name.text, self.names())
        for between in ("x", "-"):
            parts = name.text.split(between)
            if len(parts) > 1 and all(self.knows(part) or part.isdigit() for part in parts):
                suggestion = f" {between} ".join(parts)
        raise Refused(messages.unknown_constant(name.span, name.text, suggestion))


def evaluate(expression: Expression, constants: Constants, whole: bool = False) -> Fraction:
    """The exact value; where `whole`, every division must leave no remainder."""
    value = _evaluate(expression, constants, whole)
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise Refused(messages.too_many_digits(expression.span, _MAX_DIGITS))
    return value


def _evaluate(expression: Expression, constants: Constants, whole: bool) -> Fraction:
    if isinstance(expression, Number):
        mantissa, _, exponent = expression.text.lower().partition("e")
        if len(mantissa) + abs(int(exponent[:9] or "0")) > _MAX_DIGITS or len(exponent) > 9:
            raise Refused(messages.too_many_digits(expression.span, _MAX_DIGITS))
        return Fraction(expression.text)
    if isinstance(expression, Name):
        return constants.look_up(expression)
    left = evaluate(expression.left, constants, whole)
    right = evaluate(expression.right, constants, whole)
    if expression.operator == "+":
        return left + right
    if expression.operator == "-":
        return left - right
    if expression.operator == "*":
        return left * right
    if right == 0:
        raise Refused(messages.division_by_zero(expression.span))
    if whole and (left / right).denominator != 1:
        raise Refused(messages.not_whole(expression.span, show(left), show(right)))
    return left / right


def evaluate_size(
    expression: Expression, constants: Constants, what: str, least: int = 1,
    most: float = math.inf,
) -> Size:  # fmt: skip
    """A whole number from `least` to `most`, with its factors."""
    most = min(most, LARGEST_SIZE)
    if isinstance(expression, Number) and expression.text.isdecimal() and len(expression.text) < 9:
        plain = int(expression.text)  # most sizes are, and fractions take their time
        if least <= plain <= most:
            return Size(plain)
    value = evaluate(expression, constants, whole=True)
    if value.denominator != 1:
        got = f"{show(value)}"
        raise Refused(messages.wrong_value(expression.span, what, "a whole number", got))
    if not least <= value <= most:
        limits = f"at least {least}" if value < least else f"at most {most}"
        raise Refused(messages.out_of_range(expression.span, what, show(value), limits))
    return Size(value.numerator, _factors(expression, constants))


def _factors(expression: Expression, constants: Constants) -> tuple[int, ...]:
    if isinstance(expression, Operation) and expression.operator == "*":
        return _factors(expression.left, constants) + _factors(expression.right, constants)
    return (evaluate(expression, constants).numerator,)


def show(value: Fraction) -> str:
    """As the language writes it, shortened where it has many digits."""
    whole = value.denominator == 1 and abs(value) < 10**15
    return str(value.numerator) if whole else str(float(value))

"""Reading the items of a section's line one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dsl import messages
from dsl.diagnostics import Diagnostic, closest
from dsl.syntax import Item, Line, Number, Sizes, Span, Text
from dsl.values import Constants, Refused, Size, evaluate, evaluate_size, show

T = TypeVar("T")
_UNITS = {"epoch": "epochs", "iteration": "iterations"}


@dataclass(frozen=True)
class Duration:
    """`every epoch` is Duration(1, "epochs")."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


class Reader:
    """Walks over a line's items; whatever does not fit raises Refused."""

    def __init__(self, line: Line, usage: str, constants: Constants) -> None:
        self.line = line
        self.usage = usage
        self.constants = constants
        self.items: list[Item] = list(line.items)
        for extra in (line.name, line.shape):
            if extra is not None:
                raise Refused(messages.bad_line(extra.span, line.keyword.text, usage))

    @property
    def key(self) -> str:
        return self.line.keyword.text

    def refuse(self, span: Span | None = None) -> Refused:
        place = span or (self.items[0].span if self.items else self.line.keyword.span)
        return Refused(messages.bad_line(place, self.key, self.usage))

    def peek(self) -> str | None:
        item = self.items[0] if self.items else None
        return item.word if isinstance(item, Sizes) else None

    def word(self, what: str, known: tuple[str, ...], aliases: dict[str, str] | None = None) -> str:
        word = self.peek()
        if word is None:
            raise self.refuse()
        if word not in known:
            suggestion = (aliases or {}).get(word.lower()) or closest(word, known)
            span = self.items[0].span
            raise Refused(messages.unknown_word(span, what, word, suggestion, known))
        self.items.pop(0)
        return word

    def accept(self, word: str) -> bool:
        """Whether the next item is this word; it is consumed if so."""
        if self.peek() != word:
            return False
        self.items.pop(0)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.refuse()

    def text(self) -> str:
        if not self.items or not isinstance(self.items[0], Text):
            raise self.refuse()
        item = self.items.pop(0)
        assert isinstance(item, Text)
        return item.value

    def _single(self) -> Sizes:
        item = self.items[0] if self.items else None
        if not isinstance(item, Sizes) or len(item.parts) != 1:
            raise self.refuse()
        self.items.pop(0)
        return item

    def real(self, what: str, low: float = 0.0, high: float = float("inf")) -> float:
        item = self._single()
        value = evaluate(item.parts[0], self.constants)
        if not low <= value < high:
            limits = f"at least {low:g}"
            limits += "" if high == float("inf") else f" and below {high:g}"
            raise Refused(messages.out_of_range(item.span, what, show(value), limits))
        return float(value)

    def size(self, what: str, least: int = 1) -> Size:
        return evaluate_size(self._single().parts[0], self.constants, what, least)

    def duration(self) -> Duration:
        """`20 epochs`, `1 epoch`, `500 iterations`; the unit is never left out."""
        item = self._single()
        count = evaluate_size(item.parts[0], self.constants, f"the duration of `{self.key}`")
        if self.peek() is None:
            number = item.parts[0].text if isinstance(item.parts[0], Number) else str(count)
            units = tuple(_UNITS.values())
            raise Refused(messages.missing_unit(item.span, number, units))
        return Duration(int(count), self._unit())

    def every(self) -> Duration:
        """`every epoch`, `every iteration`, `every 50 iterations`."""
        self.expect("every")
        if self.peek() is not None and self.peek() in (*_UNITS, *_UNITS.values()):
            return Duration(1, self._unit())
        return self.duration()

    def _unit(self) -> str:
        unit = self.word("unit", (*_UNITS.values(), *_UNITS))
        return _UNITS.get(unit, unit)

    def end(self) -> None:
        if self.items:
            raise self.refuse()


def read_keys(
    section: Line,
    name: str,
    keys: dict[str, tuple[str, str, Callable[[Reader, T], T]]],
    state: T,
    constants: Constants,
    problems: list[Diagnostic],
    repeatable: tuple[str, ...] = (),
) -> T:
    """Apply each line of a section's body to its state."""
    first: dict[str, Span] = {}
    for statement in section.body:
        if not isinstance(statement, Line):
            problems.append(messages.let_in_section(statement.span, name))
            continue
        key = statement.keyword.text
        if not key:
            continue  # reported when it was parsed
        span = statement.keyword.span
        if key not in keys:
            suggestion = closest(key, keys)
            problems.append(messages.unknown_key(span, name, key, suggestion, tuple(keys)))
            continue
        if key in first and key not in repeatable:
            problems.append(messages.key_twice(span, key, first[key]))
            continue
        first.setdefault(key, span)
        if statement.body:
            problems.append(messages.body_not_allowed(statement.body[0].span, key, span))
        usage, _, read = keys[key]
        try:
            reader = Reader(statement, usage, constants)
            new_state = read(reader, state)
            reader.end()
            state = new_state
        except Refused as refused:
            problems.append(refused.diagnostic)
    return state

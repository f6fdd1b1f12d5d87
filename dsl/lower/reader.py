"""Reading the items of a section's line one after the other."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lenet.dsl.lower.values import Constants, Refused, Size, evaluate, evaluate_size, show
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.absent import absent
from lenet.dsl.messages.diagnostics import closest
from lenet.dsl.syntax.tree import Item, Line, Number, Sizes, Span, Text
from lenet.dsl.vocabulary import Entry, Option, Registry, Use, Word

E = TypeVar("E", bound=Entry)
UNIT_ALIASES = {"degree": "degrees", "deg": "degrees"}
TIMES = {
    "epoch": "a pass over all training images",
    "epochs": "passes over all training images",
    "iteration": "one step of the optimizer, with one batch",
    "iterations": "steps of the optimizer, with a batch each",
}
EVERY = {**TIMES, "every": "how often, as in `every epoch` or `every 50 iterations`"}
_UNITS = {"epoch": "epochs", "iteration": "iterations"}


@dataclass(frozen=True)
class Duration:
    """`every epoch` is Duration(1, "epochs")."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


class Reader:
    """Walks over a line's items, or over those that are left of them, which it takes away; whatever
    does not fit raises Refused."""

    def __init__(
        self, line: Line, usage: str, constants: Constants, items: list[Item] | None = None,
        named: bool = False,
    ) -> None:  # fmt: skip
        self.line = line
        self.usage = usage
        self.constants = constants
        self.items: list[Item] = list(line.items)
        if items is not None:
            self.items = items
            return
        for extra in (None if named else line.name, line.shape):
            if extra is not None:
                raise Refused(messages.bad_line(extra.span, line.keyword.text, usage))

    @property
    def key(self) -> str:
        return self.line.keyword.text

    def refuse(self, span: Span | None = None) -> Refused:
        if span is None and self.items and (word := self.constants.negated(self.items[0])):
            return Refused(messages.is_negative(self.items[0].span, word))
        place = span or (self.items[0].span if self.items else self.line.keyword.span)
        return Refused(messages.bad_line(place, self.key, self.usage))

    def peek(self, ahead: int = 0) -> str | None:
        """The word of the next item, or of one behind it, if it is one."""
        item = self.items[ahead] if len(self.items) > ahead else None
        return item.word if isinstance(item, Sizes) else None

    def word(
        self, what: str, known: tuple[str, ...], aliases: Mapping[str, str] | None = None,
        otherwise: str | None = None,
    ) -> str:  # fmt: skip
        """The next item, one of the known words; Refused says what is meant where a word is
        mistyped or another's, and `otherwise` what to do."""
        word = self.peek()
        if word is None:
            raise self.refuse()
        if word not in known:
            suggestion = (aliases or {}).get(word.lower())
            instead = absent(what, word) if suggestion is None else None
            if suggestion is None and instead is None:
                suggestion = closest(word, known)
                instead = otherwise if suggestion is None else None
            span = self.items[0].span
            raise Refused(messages.unknown_word(span, what, word, suggestion, known, instead))
        self.items.pop(0)
        return word

    def entry(self, what: str, words: Registry[E], others: tuple[str, ...] = ()) -> E:
        """The entry of the next item, a word of a registry; `others` may stand there as well."""
        word = self.peek()
        if word is None or word not in words:
            self.word(what, (*words, *others), words.aliases)
            raise self.refuse()
        self.items.pop(0)
        return words[word or ""]

    def use(self, entry: Word, until: Container[str] = (), usage: str = "") -> Use:
        """A word with its values and options, up to the end of the line, or to one of these words;
        Refused where they do not go together. From here on, `usage` is how the line is written, by
        default as in the word's example."""
        self.usage = usage or entry.example
        given: dict[str, Any] = {}
        for option in entry.values:
            if option.default is not None and not self._follows(option):
                continue
            given[option.name] = self.value(option)
        known = {option.name: option for option in entry.options}
        aliases = {alias: option.name for option in entry.options for alias in option.aliases}
        while known and self.items and (self.peek() in known or self.peek() not in until):
            place = self.items[0].span
            what = f"option of {entry.name}"
            option = known[self.word(what, tuple(known), aliases, "leave it out, with its value")]
            if option.name in given:
                raise self.refuse(place)
            given[option.name] = option.kind == "switch" or self.value(option)
        use = entry.use(**given)
        if not entry.fits(use):
            raise self.refuse(self.line.span)
        return use

    def _follows(self, option: Option) -> bool:
        """Whether the next item is the value of an option that need not be given."""
        if option.before:
            return self.peek() == option.before
        if option.kind == "choice":
            return self.peek() in option.choices
        return self.is_number() or option.kind == "pair" and self.is_pair()

    def value(self, option: Option) -> Any:
        """The next items as an option's value."""
        what = option.title
        if option.kind == "duration" and option.before == "every":
            return self.every()
        if option.before:
            self.expect(option.before)
        match option.kind:
            case "whole":
                return int(self.size(what, int(option.low), option.high))
            case "pair":
                return self.pair(what, int(option.low))
            case "range":
                low = self.real(what, option.low, option.high, option.closed)
                self.expect("to")
                return low, self.real(what, low, option.high, option.closed)
            case "fall":
                first = self.real(what, option.low, option.high)
                self.expect("to")
                return first, self.real(what, option.low, first, closed=True)
            case "angle":
                return self.angle(what, option.high)
            case "duration":
                return self.duration()
            case "choice":
                return self.word(option.name, tuple(option.choices))
            case "class":
                return self._class()
            case "numbers" if self.peek() is not None and not self.is_number():
                return self.word(f"value of {option.name}", tuple(option.choices))
            case "numbers":
                numbers = [self.real(what, option.low, option.high)]
                while self.is_number():
                    numbers.append(self.real(what, option.low, option.high))
                return tuple(numbers)
            case _:
                return self.real(what, option.low, option.high, option.closed)

    def _class(self) -> str | int:
        """A class: its name in quotation marks, or its number."""
        if self.is_text():
            return self.text()
        if self.items and not self.is_number() and (word := self.peek()) is not None:
            raise Refused(messages.class_without_quotes(self.items[0].span, word))
        return int(self.size("the class's number", least=0))

    def accept(self, word: str) -> bool:
        """Whether the next item is this word; it is consumed if so."""
        if self.peek() != word:
            return False
        self.items.pop(0)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.refuse()

    def is_text(self) -> bool:
        return bool(self.items) and isinstance(self.items[0], Text)

    def text(self) -> str:
        if not self.is_text():
            raise self.refuse()
        item = self.items.pop(0)
        assert isinstance(item, Text)
        return item.value

    def name(self) -> str:
        """A word that the file has made up."""
        word = self.peek()
        if word is None:
            raise self.refuse()
        self.items.pop(0)
        return word

    def _single(self) -> Sizes:
        item = self.items[0] if self.items else None
        if not isinstance(item, Sizes) or len(item.parts) != 1:
            raise self.refuse()
        self.items.pop(0)
        return item

    def real(
        self, what: str, low: float = 0.0, high: float = float("inf"), closed: bool = False
    ) -> float:
        item = self._single()
        value = evaluate(item.parts[0], self.constants)
        if not (low <= value < high or closed and value == high):
            most = f" and {'at most' if closed else 'below'} {high:g}"
            limits = f"at least {low:g}" + (most if high < float("inf") else "")
            raise Refused(messages.out_of_range(item.span, what, show(value), limits))
        return float(value)

    def size(self, what: str, least: int = 1, most: float = float("inf")) -> Size:
        return evaluate_size(self._single().parts[0], self.constants, what, least, most)

    def pair(self, what: str, least: int = 1) -> tuple[int, int]:
        """`2` or `28x28`: rows and columns."""
        item = self.items[0] if self.items else None
        if not isinstance(item, Sizes) or len(item.parts) > 2:
            raise self.refuse()
        self.items.pop(0)
        sizes = [int(evaluate_size(part, self.constants, what, least)) for part in item.parts]
        return sizes[0], sizes[-1]

    def angle(self, what: str, most: float) -> float:
        """`10 degrees`: below `most`."""
        span, number = (self.items[0].span if self.items else self.line.span), self._number()
        value = self.real(what, 0, most + 0.001)
        if self.peek() is None:
            raise Refused(messages.missing_unit(span, number, ("degrees",)))
        self.word("unit", ("degrees",), UNIT_ALIASES)
        return value

    def _number(self) -> str:
        """The next item as it is written, for messages."""
        item = self.items[0] if self.items else None
        part = item.parts[0] if isinstance(item, Sizes) else None
        return part.text if isinstance(part, Number) else "this"

    def duration(self) -> Duration:
        """`20 epochs`, `1 epoch`, `500 iterations`; the unit is never left out."""
        counts, unit = self.durations()
        if len(counts) != 1:
            raise self.refuse(self.line.span)
        return Duration(counts[0], unit)

    def durations(self) -> tuple[tuple[int, ...], str]:
        """`2 5 8 epochs`: one unit for all of them."""
        counts = []
        while True:
            number, item = self._number(), self._single()
            counts.append(
                int(evaluate_size(item.parts[0], self.constants, f"the duration of `{self.key}`"))
            )
            if not self.items:
                shown = number if number != "this" else str(counts[-1])
                raise Refused(messages.missing_unit(item.span, shown, tuple(_UNITS.values())))
            if self.peek() in (*_UNITS, *_UNITS.values()) or not self.is_number():
                return tuple(counts), self._unit()

    def is_number(self) -> bool:
        """Whether the next item is a number, or the name of one."""
        item = self.items[0] if self.items else None
        if not isinstance(item, Sizes) or len(item.parts) != 1:
            return False
        known = item.word is None and not self.constants.negated(item)
        return known or self.constants.knows(item.word or "")

    def is_pair(self) -> bool:
        """Whether the next item is two numbers, as in `2x3`."""
        item = self.items[0] if self.items else None
        return isinstance(item, Sizes) and len(item.parts) == 2

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

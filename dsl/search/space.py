"""What a line of the section `search` says: which settings are tried in a place of the file."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Constants, Refused, evaluate
from lenet.dsl.messages import wording as messages
from lenet.dsl.syntax.tree import Item, Line, Name, Number, Sizes, Span, Text
from lenet.dsl.syntax.write import show_item

IN, LOG, TO, STEPS = "in", "log", "to", "steps"
# The words of such lines, and what they mean.
TERMS = {
    IN: "one of what follows: numbers, words, or the rest of the line in quotation marks, as in "
    '`optimizer in sgd "adamw weight_decay 0.05"`',
    LOG: "as many small as large ones, by their logarithms, as in `rate log 0.001 to 1`",
    TO: "from the one number to the other, both included, as in `batch 16 to 256`",
    STEPS: "so many values of a range, evenly apart, as in `rate log 0.001 to 1 steps 4`",
}
_MOST = 1000  # steps, and alternatives


@dataclass(frozen=True)
class Choice:
    """One of several settings: its `text` as it is put into the file. It is `quoted`, for the rest
    of a line, a `number`, or sizes or a word; `parts` are its sizes."""

    text: str
    quoted: bool
    number: bool
    parts: int
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Space:
    """What is tried for the place that the `words` name, of which the first is at `span`: one of
    the `choices`, or, without any, a number from `low` to `high`, of `steps` different ones if
    that is not 0. It is `whole` if both are written so, and so is what stands in the file."""

    words: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    logarithmic: bool = False
    steps: int = 0
    whole: bool = False
    span: Span = field(default=Span(1, 1, 1), compare=False, repr=False)
    ends: tuple[Span, Span] | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """Its name in tables."""
        return " ".join(self.words)

    @property
    def tried(self) -> tuple[Choice, ...]:
        """The alternatives, or both ends of a range: what can be checked beforehand."""
        if self.ends is None:
            return self.choices
        numbers = zip((self.low, self.high), self.ends, strict=True)
        return tuple(Choice(shown(n, self.whole), False, True, 1, span) for n, span in numbers)

    def __str__(self) -> str:
        """As a person reads it."""
        if self.choices:
            return " ".join(choice.text for choice in self.choices)
        kind = "log " if self.logarithmic else ""
        ends = f"{shown(self.low, self.whole)} to {shown(self.high, self.whole)}"
        kinds = f", {self.steps} steps" if self.steps else ", whole" if self.whole else ""
        return f"{kind}{ends}{kinds}"


def shown(value: float | Fraction, whole: bool) -> str:
    """A number as it is put into a file: with four digits that count, which is more than can be
    told apart, or whole."""
    return str(round(value)) if whole else f"{float(value):.4g}"


def read_space(line: Line, constants: Constants) -> Space:
    """A line of the section; Refused where it is none."""
    key = line.keyword.text
    reader = Reader(
        line, f"{key} 0.1 to 0.9, {key} log 0.001 to 1, or {key} in 16 32 64", constants
    )
    words = [key]
    while reader.peek() not in (IN, LOG, None) and reader.peek(1) != TO:
        words.append(reader.name())
    space = Space(tuple(words), span=line.keyword.span)
    if reader.accept(IN):
        return replace(space, choices=_choices(reader))
    logarithmic = reader.accept(LOG)
    low, first, whole = _end(reader)
    reader.expect(TO)
    high, last, whole_too = _end(reader)
    if low >= high:
        raise Refused(messages.empty_space(first.to(last), shown(low, False), shown(high, False)))
    if logarithmic and low <= 0:
        raise Refused(messages.log_from_zero(first, shown(low, False)))
    steps = int(reader.size("the steps", 2, _MOST)) if reader.accept(STEPS) else 0
    reader.end()
    return replace(
        space, low=low, high=high, logarithmic=logarithmic, steps=steps, whole=whole and whole_too,
        ends=(first, last),
    )  # fmt: skip


def _end(reader: Reader) -> tuple[Fraction, Span, bool]:
    """A number at the end of a range, its place, and whether it is written as a whole one."""
    item = reader.items[0] if reader.items else None
    if not isinstance(item, Sizes) or len(item.parts) != 1:
        raise reader.refuse()
    reader.items.pop(0)
    part = item.parts[0]
    value = evaluate(part, reader.constants)
    decimal = isinstance(part, Number) and not part.text.isdecimal()
    return value, item.span, value.denominator == 1 and not decimal


def _choices(reader: Reader) -> tuple[Choice, ...]:
    found: dict[str, Choice] = {}
    items, reader.items = reader.items, []
    for item in items[:_MOST]:
        choice = _choice(item, reader.constants)
        if choice.text in found:
            raise Refused(messages.choice_twice(item.span, choice.text, found[choice.text].span))
        if not choice.text:
            raise reader.refuse(item.span)
        found[choice.text] = choice
    if len(found) < 2:
        raise Refused(messages.nothing_to_choose(reader.line.span, reader.key))
    return tuple(found.values())


def _choice(item: Item, constants: Constants) -> Choice:
    if isinstance(item, Text):
        return Choice(item.value.strip(), True, False, 0, item.span)
    single = item.parts[0] if len(item.parts) == 1 else None
    number = single is not None and not isinstance(single, Name)
    return Choice(show_item(item), False, number, len(item.parts), item.span)

"""A layer's line as its arguments: values by their place, options by their words."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.tables import Table
from lenet.dsl.lower.values import Constants, Refused, evaluate, evaluate_size, show
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.absent import absent
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.registry import Argument, Arguments, Layer, layers
from lenet.dsl.shapes import Shape
from lenet.dsl.syntax.tree import Item, Line, Name, Operation, Sizes, Span, Text
from lenet.dsl.syntax.write import show_expression, show_item
from lenet.dsl.vocabulary import Registry, Use

_TRUTH = {"true": "yes", "on": "yes", "false": "no", "off": "no", "none": "no"}


def bind(
    line: Line, layer: Layer, constants: Constants, tables: Mapping[str, Table] | None = None,
    given: Shape | None = None,
) -> tuple[Arguments, dict[str, Span], list[Diagnostic]]:  # fmt: skip
    """The line's items as the layer's arguments; mistakes are collected, not raised.

    `given` is the shape before the layer, where it is known.
    """
    binding = _Binding(line, layer, constants, tables or {}, given)
    binding.bind()
    return binding.arguments, binding.spans, binding.problems


class _Binding:
    """See `bind`."""

    def __init__(
        self, line: Line, layer: Layer, constants: Constants, tables: Mapping[str, Table],
        given: Shape | None,
    ) -> None:  # fmt: skip
        self.line, self.layer, self.constants, self.tables = line, layer, constants, tables
        self.given = given
        self.arguments: Arguments = {a.name: a.default for a in (*layer.arguments, *layer.options)}
        self.spans: dict[str, Span] = {}
        self.problems: list[Diagnostic] = []
        self.factors: set[str] = set()  # options that an x stands behind
        self.options = {option.name: option for option in layer.options}
        self.items = [part for item in line.items for part in self._parts(item)]

    def _parts(self, item: Item) -> tuple[Item, ...]:
        """`rate x 0.1` reads as sizes; it is an option and its value."""
        if not isinstance(item, Sizes) or len(item.parts) != 2:
            return (item,)
        first = item.parts[0]
        option = self.options.get(first.text) if isinstance(first, Name) else None
        if option is None or option.kind != "factor":
            return (item,)
        self.factors.add(option.name)
        return Sizes((first,), first.span), Sizes(item.parts[1:], item.parts[1].span)

    def bind(self) -> None:
        """All items."""
        positional = list(self.layer.arguments)
        while positional and self.items:
            if self._is_switch(self.items[0]):  # `dropout channels 0.2`
                self._take_option(self.items.pop(0))
            elif _is_value(self.items, self.options, self.constants):
                self._take(positional.pop(0))
            else:
                break
        self.problems += _missing(positional, self.line, self.layer)
        while self.items:
            self._take_option(self.items.pop(0))

    def _is_switch(self, item: Item) -> bool:
        """Whether it is an option without a value, which may stand before the arguments."""
        word = item.word if isinstance(item, Sizes) else None
        known = word is not None and not self.constants.knows(word)
        return known and word in self.options and self.options[word].kind == "switch"

    def _take_option(self, item: Item) -> None:
        items, options, layer = self.items, self.options, self.layer
        word = item.word if isinstance(item, Sizes) else None
        if word is None:
            if not self.problems:  # else it most likely follows from them
                self.problems.append(_unexpected_value(item, layer, options))
            return
        if word not in options:
            self.problems.append(_unknown_option(item, word, items, layer, options))
            if items and not _is_option(items[0], options):
                items.pop(0)  # most likely the unknown option's value
            return
        if word in self.spans:
            self.problems.append(messages.option_twice(item.span, word, self.spans[word]))
        if options[word].kind == "switch":
            self.spans[word], self.arguments[word] = item.span, True
            self._take_second(options[word], item)
        elif not items or not _is_value(items, options, self.constants, word):
            missing = messages.option_without_value(
                item.span, layer.name, word, options[word].expected
            )
            self.problems.append(missing)
        elif options[word].kind == "factor" and word not in self.factors:
            number = items.pop(0)
            what = (layer.name, word, show_item(number))
            self.problems.append(messages.factor_without_x(number.span, *what))
        elif options[word].yields and _is_valid(items[0], self.constants):
            self.problems.append(messages.pad_valid(item.span, items.pop(0).span, layer.name))
        else:
            self._take(options[word])

    def _take_second(self, option: Argument, item: Item) -> None:
        """The other word of a switch of two."""
        following = self.items[0] if self.items else None
        if not option.second:
            return
        if isinstance(following, Sizes) and following.word == option.second:
            self.items.pop(0)
        else:
            missing = messages.second_word_missing(item.span, self.layer.name, option.written)
            self.problems.append(missing)

    def _take(self, argument: Argument) -> None:
        """The next item, or items, as its value."""
        name, item = argument.name, self.items[0]
        self.spans[name] = item.span
        try:
            if argument.registry is not None:
                self.arguments[name] = self._use(argument.registry)
                return
            self.items.pop(0)
            word = item.word if isinstance(item, Sizes) else None
            if name == "window" and word == "all" and _is_free(word, argument, self.constants):
                what = (self.layer.name, argument.expected)
                raise Refused(messages.window_of_all(item.span, *what, self.given))
            what_it_is = f"the {name} of `{self.layer.name}`"
            self.arguments[name] = convert(argument, item, self.constants, what_it_is, self.tables)
        except Refused as refused:
            self.problems.append(refused.diagnostic)

    def _use(self, words: Registry[Any]) -> Use:
        """A word of a registry with its values, up to the next option."""
        reader = Reader(self.line, self.layer.example, self.constants, self.items)
        try:
            return reader.use(reader.entry("initial value", words), self.options)
        except Refused:
            self.items.clear()  # what is left may belong to it
            raise


def _missing(arguments: list[Argument], line: Line, layer: Layer) -> list[Diagnostic]:
    """What is said of the arguments that no value was left for."""
    return [
        messages.missing_argument(line.keyword.span, layer.name, argument.name, layer.example)
        for argument in arguments
        if argument.default is None and not argument.optional
    ]


def _is_free(word: str, argument: Argument, constants: Constants) -> bool:
    """Whether a word means nothing to an argument."""
    return word not in argument.words and not constants.knows(word)


def _is_valid(item: Item, constants: Constants) -> bool:
    """Whether a `pad` is given by the word of other frameworks for none."""
    return isinstance(item, Sizes) and item.word == "valid" and not constants.knows("valid")


def _unexpected_value(item: Item, layer: Layer, options: Mapping[str, Argument]) -> Diagnostic:
    part = item.parts[0] if isinstance(item, Sizes) else None
    if isinstance(part, Operation) and part.operator == "-" and isinstance(part.left, Name):
        option = options.get(part.left.text)
        if option is not None and option.kind == "real" and option.low < 0:
            number = show_expression(part.right)
            return messages.negative_without_brackets(item.span, option.name, number)
        if option is not None:  # `pad -1` reads as a subtraction
            what = f"the {option.name} of `{layer.name}`"
            limit = f"at least {option.least if option.kind == 'sizes' else option.low:g}"
            return messages.out_of_range(item.span, what, "negative", limit)
    return messages.too_many_arguments(item.span, layer.name, layer.example, tuple(options))


def _unknown_option(
    item: Item, word: str, rest: list[Item], layer: Layer, options: Mapping[str, Argument]
) -> Diagnostic:
    by_alias = {alias: option.name for option in layer.options for alias in option.aliases}
    suggestion = by_alias.get(word.lower())
    instead = absent("option", word) if suggestion is None else None
    if suggestion is None and instead is None:
        suggestion = closest(word, options)
    # `activation relu` of other frameworks is a layer of its own here.
    following = rest[0].word if rest and isinstance(rest[0], Sizes) else None
    meant = next((w for w in (word, following) if w in layers()), None)
    instead = instead and instead.format(example=layer.example)
    return messages.unknown_option(
        item.span, layer.name, word, suggestion, tuple(options), meant, instead
    )


def _is_value(
    items: list[Item], options: Mapping[str, Argument], constants: Constants, option: str = ""
) -> bool:
    """Whether the next item is a value, and not an option's word. It may be both where a constant
    has an option's name, as in `stride stride`: then it depends on what follows."""
    if not _is_option(items[0], options):
        return True
    word = items[0].word if isinstance(items[0], Sizes) else None
    if word is None or not constants.knows(word):
        return False
    return word == option or len(items) == 1 or _is_option(items[1], options)


def _is_option(item: Item, options: Mapping[str, Argument]) -> bool:
    return isinstance(item, Sizes) and item.word in options


def convert(
    argument: Argument, item: Item, constants: Constants, what: str, tables: Mapping[str, Table]
) -> Any:
    """One item as the argument's kind, or Refused."""
    if isinstance(item, Text):
        got = f'the text "{item.value}"'
        raise Refused(messages.wrong_value(item.span, what, argument.expected, got))
    if argument.kind == "table":
        if item.word is None:
            raise Refused(messages.wrong_value(item.span, what, argument.expected, "a number"))
        if item.word not in tables:
            if not constants.complete:
                raise Refused(messages.already_reported(item.span))
            suggestion = closest(item.word, tables)
            raise Refused(messages.unknown_table(item.span, item.word, suggestion, tuple(tables)))
        return tables[item.word].use()
    if item.word in argument.words and not (argument.yields and constants.knows(item.word)):
        return item.word
    if argument.kind == "choice":
        got = f"`{item.word}`" if item.word else "a number"
        meant = _TRUTH.get((item.word or "").lower()) or closest(item.word or "", argument.words)
        meant = meant if meant in argument.words else None
        raise Refused(messages.wrong_value(item.span, what, argument.expected, got, meant))
    if argument.kind in ("real", "factor"):
        if len(item.parts) != 1:
            raise Refused(messages.wrong_value(item.span, what, "one number", "several sizes"))
        value = evaluate(item.parts[0], constants)
        return float(_within(value, argument, item.span, what))
    if len(item.parts) not in argument.counts:
        for part in item.parts:
            evaluate(part, constants)  # a word that nobody has defined is the first mistake
        count = len(item.parts)
        got = "one number" if count == 1 else f"{count} sizes"
        raise Refused(messages.wrong_value(item.span, what, argument.expected, got))
    return tuple(evaluate_size(part, constants, what, argument.least) for part in item.parts)


def _within(value: Fraction, argument: Argument, span: Span, what: str) -> Fraction:
    if not argument.low <= value < argument.high:
        limits = f"at least {argument.low:g}"
        if argument.high != float("inf"):
            limits += f" and below {argument.high:g}"
        raise Refused(messages.out_of_range(span, what, show(value), limits))
    return value

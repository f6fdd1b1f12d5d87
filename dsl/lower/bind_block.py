"""A block's use: its items as the values of the block's parameters."""

from collections.abc import Mapping
from fractions import Fraction

from lenet.dsl import registry
from lenet.dsl.lower.definitions import Block
from lenet.dsl.lower.values import Constants, Refused, evaluate
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.syntax.tree import Expression, Item, Line, Sizes, Span


def bind_parameters(
    line: Line, block: Block, outside: Constants
) -> tuple[Constants, list[Diagnostic]]:
    """The constants that hold in the block, and all mistakes of the line that uses it.

    Values are given in the order of the parameters, or behind a parameter's name; they mean what
    they do `outside`, defaults what they do where the block is defined. A parameter without a value
    is unknown.
    """
    binding = _Binding(line, block, outside)
    binding.bind()
    constants = Constants(outer=block.home.constants)
    for parameter in block.line.parameters:
        constants.define(parameter.name.text, binding.values.get(parameter.name.text))
    return constants, binding.problems


def bound_items(line: Line, block: Block, outside: Constants) -> Mapping[str, Expression]:
    """What stands for each of the block's parameters: in the line that uses it, or its default."""
    binding = _Binding(line, block, outside)
    binding.bind()
    defaults = {name: p.default for name, p in binding.parameters.items() if p.default is not None}
    return {**defaults, **binding.items}


class _Binding:
    def __init__(self, line: Line, block: Block, outside: Constants) -> None:
        self.line, self.block, self.outside = line, block, outside
        self.parameters = {p.name.text: p for p in block.line.parameters}
        self.missing = list(self.parameters)
        self.values: dict[str, Fraction] = {}
        self.items: dict[str, Expression] = {}
        self.spans: dict[str, Span] = {}
        self.problems: list[Diagnostic] = []

    @property
    def usage(self) -> str:
        return " ".join([self.block.name.text, *self.parameters])

    def bind(self) -> None:
        items = list(self.line.items)
        while items:
            item = items.pop(0)
            word = _word(item)
            unknown = word is not None and not self.outside.knows(word)
            if word in self.parameters and _names_the_next(item, items, self.parameters):
                self._take(word, item, items.pop(0))
            elif self.missing and not (unknown and items):
                self._take(self.missing[0], item, item)
            else:
                self._refuse(item, items)
        needed = [name for name in self.missing if self.parameters[name].default is None]
        if needed:
            span, block = self.line.keyword.span, self.block.name.text
            names = " and its ".join(needed)
            self.problems.append(messages.missing_argument(span, block, names, self.usage))
        for name in self.missing:
            self._default(name)

    def _take(self, name: str, item: Item, value: Item) -> None:
        if name in self.spans:
            self.problems.append(messages.option_twice(item.span, name, self.spans[name]))
            return
        self.spans[name] = item.span
        self.missing.remove(name)
        what = f"the {name} of `{self.block.name.text}`"
        try:
            if not isinstance(value, Sizes) or len(value.parts) != 1:
                got = "several sizes" if isinstance(value, Sizes) else "a text"
                raise Refused(messages.wrong_value(value.span, what, "a whole number", got))
            self.values[name] = _whole(value, self.outside, what)
            self.items[name] = value.parts[0]
        except Refused as refused:
            self.problems.append(refused.diagnostic)

    def _default(self, name: str) -> None:
        default = self.parameters[name].default
        if default is None:
            return
        sizes = Sizes((default,), default.span)
        try:
            self.values[name] = _whole(sizes, self.block.home.constants, f"the default of {name}")
        except Refused as refused:
            self.problems.append(refused.diagnostic)

    def _refuse(self, item: Item, items: list[Item]) -> None:
        """What is no parameter; and most likely the value behind it."""
        name, word, known = self.block.name.text, _word(item), tuple(self.parameters)
        if word is None:
            found = messages.too_many_arguments(item.span, name, self.usage, known)
            self.problems.append(found)
            return
        meant = word if word in registry.layers() else None
        suggestion = closest(word, known)
        found = messages.unknown_option(item.span, name, word, suggestion, known, meant)
        self.problems.append(found)
        if items and _word(items[0]) not in known:
            items.pop(0)


def _word(item: Item) -> str | None:
    return item.word if isinstance(item, Sizes) else None


def _names_the_next(item: Item, rest: list[Item], parameters: Mapping[str, object]) -> bool:
    """Whether a parameter's word names the value behind it, and is not itself a value, such as
    a constant of the same name."""
    if not rest:
        return False
    following = _word(rest[0])
    return following == _word(item) or not (following in parameters and len(rest) > 1)


def _whole(value: Sizes, constants: Constants, what: str) -> Fraction:
    """A parameter's value: a whole number, which may be 0 or negative."""
    number = evaluate(value.parts[0], constants, whole=True)
    if number.denominator != 1:
        got = str(float(number))
        raise Refused(messages.wrong_value(value.span, what, "a whole number", got))
    return number

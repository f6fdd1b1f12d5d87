"""What a layer is to the language: words, arguments, shapes, parameters, documentation."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

from dsl import messages
from dsl.diagnostics import Diagnostic, closest
from dsl.shapes import Shape, product
from dsl.syntax import Item, Line, Name, Operation, Sizes, Span, Text
from dsl.tables import Table
from dsl.values import Constants, Refused, evaluate, evaluate_size, show

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A tensor of a layer: `name` within it, and `shape` as it is saved.

    Initial values are `initial`, or random where it is None, and then scaled by the number of
    inputs that each output sees (`fan_in`). `trained` tells whether the optimizer changes it.
    `mask` has a row for each output and tells which inputs it sees: the others' weights are 0.
    """

    name: str
    shape: Shape
    fan_in: int = 1
    initial: float | tuple[float, ...] | None = None
    trained: bool = True
    mask: tuple[tuple[bool, ...], ...] | None = None

    @property
    def count(self) -> int:
        """Its trained values."""
        if not self.trained:
            return 0
        if self.mask is None:
            return product(self.shape)
        return sum(map(sum, self.mask)) * product(self.shape[2:])


@dataclass(frozen=True)
class Argument:
    """A value that follows a layer's name (positional) or the option's word.

    `kind` is sizes (whole numbers joined by x, as many as `counts` allows), real, choice, or table
    (the name of one). `words` are accepted in place of a number, such as `all`. An argument whose
    default is None and that is not optional must be given. `aliases` are others' words for it.
    """

    name: str
    doc: str
    kind: str = "sizes"
    counts: tuple[int, ...] = (1,)
    least: int = 1
    low: float = 0.0
    high: float = float("inf")
    words: tuple[str, ...] = ()
    default: Any = None
    optional: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        if self.kind == "choice":
            return " or ".join(self.words)
        if self.kind == "real":
            return "a number"
        if self.kind == "table":
            return "the name of a table"
        forms = {1: "one whole number", 2: "two sizes, like 3x3", 3: "three sizes, like 6x5x5"}
        return " or ".join([*(forms[count] for count in self.counts), *self.words])


@dataclass
class Context:
    """What a shape rule sees: the inputs, the bound arguments, and where they stand.

    A layer that joins paths has several inputs, whose lines are `paths`; others have one.
    """

    line: Line
    inputs: tuple[Shape, ...]
    source: str
    arguments: Arguments
    spans: dict[str, Span]
    paths: tuple[Line, ...] = ()
    warnings: list[Diagnostic] = field(default_factory=list)

    @property
    def input(self) -> Shape:
        return self.inputs[0]

    def span(self, argument: str) -> Span:
        return self.spans.get(argument, self.line.keyword.span)


def _no_parameters(shape: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    return ()


def _no_macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return 0


def _same_shape(context: Context) -> Shape:
    return context.input


@dataclass(frozen=True)
class Layer:
    """A layer's entry in the vocabulary.

    `infer` gives the output shape or raises Refused; `parameters(input shape, arguments)` the
    trained tensors; `macs(input, output, arguments)` the multiply-adds of one forward pass of
    one image. `monotonic` marks activations that keep the order of values, which therefore
    commute with max-pooling. `joins` marks those that join the `path`s of their body. `rearranges`
    marks those that keep every value and its place in memory: only the shape is another.
    `normalizes` marks those that use the mean and the variance of the whole batch. `bounds` are
    those of the values that an activation gives, where it has any.
    """

    name: str
    summary: str
    example: str
    arguments: tuple[Argument, ...] = ()
    options: tuple[Argument, ...] = ()
    infer: Callable[[Context], Shape] = _same_shape
    parameters: Callable[[Shape, Arguments], tuple[Parameter, ...]] = _no_parameters
    macs: Callable[[Shape, Shape, Arguments], int] = _no_macs
    aliases: tuple[str, ...] = ()
    monotonic: bool = False
    joins: bool = False
    rearranges: bool = False
    normalizes: bool = False
    bounds: tuple[float, float] | None = None


SECTIONS = ("data", "augment", "train")
# What is no layer, but stands where a layer does: how it is written, and what it means.
STRUCTURE = {
    "block": ("block NAME(width, step = 1)", "layers under a name of their own, with sizes as "
              "parameters; it is used like a layer, `basic 32 step 2`"),
    "repeat": ("repeat 3 as stage1", "the lines of its body so many times, one after the other"),
    "path": ("path", "one of the ways that `add`, `concat` and `multiply` join; an empty one "
             "passes its input on"),
    "table": ("table NAME", "which input maps (a row each) each output map (a column each) sees: "
              "X or ., for `conv 16x5x5 connect NAME`"),
    "let": ("let width = 16", "a constant; `--set width=32` overrides it"),
    "import": ('import "blocks.lenet"', "another file's blocks, tables and constants, not its net"),
    "expect": ("expect 22278 parameters", "asserts the number of trained parameters"),
}  # fmt: skip


@cache
def layers() -> Mapping[str, Layer]:
    """Every layer by name, found by looking into dsl/layers."""
    package = importlib.import_module("dsl.layers")
    found = [
        importlib.import_module(f"dsl.layers.{module.name}").LAYER
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return {layer.name: layer for layer in sorted(found, key=lambda layer: layer.name)}


def suggest_layer(word: str, others: Iterable[str] = ()) -> str | None:
    """Our word for another framework's, or the closest spelling; `others` are blocks."""
    known = [*layers(), *STRUCTURE, *SECTIONS, *others]
    by_alias = {alias: layer.name for layer in layers().values() for alias in layer.aliases}
    return by_alias.get(word.lower()) or closest(word, known)


def bind(
    line: Line, layer: Layer, constants: Constants, tables: Mapping[str, Table] | None = None
) -> tuple[Arguments, dict[str, Span], list[Diagnostic]]:
    """The line's items as the layer's arguments; mistakes are collected, not raised."""
    arguments: Arguments = {a.name: a.default for a in (*layer.arguments, *layer.options)}
    spans: dict[str, Span] = {}
    problems: list[Diagnostic] = []
    options = {option.name: option for option in layer.options}
    items = list(line.items)
    positional = list(layer.arguments)

    def take(argument: Argument, item: Item) -> None:
        spans[argument.name] = item.span
        try:
            arguments[argument.name] = convert(
                argument, item, constants, f"the {argument.name} of `{layer.name}`", tables or {}
            )
        except Refused as refused:
            problems.append(refused.diagnostic)

    while positional and items and _is_value(items, options, constants):
        take(positional.pop(0), items.pop(0))
    for argument in positional:
        if argument.default is None and not argument.optional:
            span = line.keyword.span
            problems.append(
                messages.missing_argument(span, layer.name, argument.name, layer.example)
            )
    while items:
        item = items.pop(0)
        word = item.word if isinstance(item, Sizes) else None
        if word is None:
            if not problems:  # else it most likely follows from them
                problems.append(_unexpected_value(item, layer, options))
            continue
        if word not in options:
            by_alias = {alias: option.name for option in layer.options for alias in option.aliases}
            suggestion = by_alias.get(word.lower()) or closest(word, options)
            # `activation relu` of other frameworks is a layer of its own here.
            following = items[0].word if items and isinstance(items[0], Sizes) else None
            meant = next((w for w in (word, following) if w in layers()), None)
            problems.append(
                messages.unknown_option(
                    item.span, layer.name, word, suggestion, tuple(options), meant
                )
            )
            if items and not _is_option(items[0], options):
                items.pop(0)  # most likely the unknown option's value
            continue
        if word in spans:
            problems.append(messages.option_twice(item.span, word, spans[word]))
        if not items or not _is_value(items, options, constants, word):
            expected = options[word].expected
            problems.append(messages.option_without_value(item.span, layer.name, word, expected))
            continue
        take(options[word], items.pop(0))
    return arguments, spans, problems


def _unexpected_value(item: Item, layer: Layer, options: Mapping[str, Argument]) -> Diagnostic:
    part = item.parts[0] if isinstance(item, Sizes) else None
    if isinstance(part, Operation) and part.operator == "-" and isinstance(part.left, Name):
        option = options.get(part.left.text)
        if option is not None:  # `pad -1` reads as a subtraction
            what, limit = f"the {option.name} of `{layer.name}`", f"at least {option.least}"
            return messages.out_of_range(item.span, what, "negative", limit)
    return messages.too_many_arguments(item.span, layer.name, layer.example, tuple(options))


def _is_value(
    items: list[Item], options: Mapping[str, Argument], constants: Constants, option: str = ""
) -> bool:
    """Whether the next item is a value, and not an option's word. It may be both where a constant
    has an option's name, as in `stride stride`: then it depends on what follows."""
    if not _is_option(items[0], options):
        return True
    word = items[0].word if isinstance(items[0], Sizes) else None
    if word not in constants.names():
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
    if item.word in argument.words:
        return item.word
    if argument.kind == "choice":
        got = f"`{item.word}`" if item.word else "a number"
        raise Refused(messages.wrong_value(item.span, what, argument.expected, got))
    if argument.kind == "real":
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

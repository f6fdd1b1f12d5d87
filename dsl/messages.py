"""All wording of diagnostics, one function a mistake, so that they speak with one voice."""

from collections.abc import Sequence

from dsl.diagnostics import Diagnostic, Related
from dsl.syntax import Span

Shape = tuple[int, ...]


def show(shape: Sequence[int]) -> str:
    """A shape as the language writes it: 6x24x24."""
    return "x".join(str(size) for size in shape)


def product(shape: Sequence[int]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _did_you_mean(suggestion: str | None, otherwise: str) -> str:
    return f"did you mean `{suggestion}`?" if suggestion else otherwise


def _words(words: Sequence[str]) -> str:
    return ", ".join(words)


# Lines that cannot be read.


def unexpected_character(span: Span, character: str) -> Diagnostic:
    return Diagnostic(
        "E001",
        span,
        f"I did not expect `{character}` here",
        "A line is LAYER arguments… [as NAME] [-> SHAPE].",
        "lists need no commas or brackets: write `conv 6x5x5 stride 2`"
        if character in ",[]{}=:"
        else "remove it, or put # before a comment",
    )


def unexpected_word(span: Span, text: str) -> Diagnostic:
    return Diagnostic(
        "E002",
        span,
        f"I did not expect `{text}` here",
        "A line is LAYER arguments… [as NAME] [-> SHAPE].",
        "put each layer on a line of its own",
    )


def unexpected_end(span: Span) -> Diagnostic:
    return Diagnostic(
        "E003", span, "this line ends too soon", "Something must follow here.", "finish the line"
    )


def tab(span: Span) -> Diagnostic:
    return Diagnostic(
        "E004",
        span,
        "there is a tab in this line",
        "How wide a tab is depends on the editor, and indentation has a meaning here.",
        "use spaces",
    )


def indentation(span: Span, indent: int, expected: int, deeper: int) -> Diagnostic:
    return Diagnostic(
        "E005",
        span,
        "this line's indentation fits no line above",
        f"It is indented by {indent} spaces; the lines around it by {expected} and {deeper}.",
        f"indent it by {expected} spaces",
    )


def line_too_long(span: Span, length: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "E006",
        span,
        "this line is too long to be meant",
        f"It has {length} characters; the limit is {limit}.",
        "is this really a .lenet file?",
    )


def too_deep(span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "E006", span, "this line is nested too deeply", f"The limit is {limit} levels.", ""
    )


# Words, arguments, options.


def unknown_layer(
    span: Span, word: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    return Diagnostic(
        "E010",
        span,
        f"there is no layer called `{word}`",
        "" if suggestion else f"The layers are {_words(known)}.",
        _did_you_mean(suggestion, "use one of these"),
    )


def not_yet(span: Span, word: str) -> Diagnostic:
    return Diagnostic(
        "E018",
        span,
        f"`{word}` belongs to the language, but this version cannot read it yet",
        "",
        "write the net as one chain of layers",
    )


def unknown_option(
    span: Span, layer: str, word: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    detail = f"Its options are {_words(known)}." if known else f"`{layer}` has no options."
    return Diagnostic(
        "E011",
        span,
        f"`{layer}` has no option called `{word}`",
        detail,
        _did_you_mean(suggestion, "remove it"),
    )


def missing_argument(span: Span, layer: str, argument: str, example: str) -> Diagnostic:
    return Diagnostic(
        "E012", span, f"`{layer}` needs its {argument}", "", f"for example `{example}`"
    )


def too_many_arguments(span: Span, layer: str, example: str) -> Diagnostic:
    return Diagnostic(
        "E012", span, f"`{layer}` takes no more arguments here", "", f"for example `{example}`"
    )


def option_without_value(span: Span, layer: str, option: str, expected: str) -> Diagnostic:
    return Diagnostic(
        "E012", span, f"the option `{option}` of `{layer}` needs a value", f"It takes {expected}."
    )


def option_twice(span: Span, option: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "E017",
        span,
        f"`{option}` is given twice",
        "",
        "keep one of them",
        (Related(first, "first given here"),),
    )


def wrong_value(span: Span, what: str, expected: str, got: str) -> Diagnostic:
    return Diagnostic("E013", span, f"{what} takes {expected}", f"But this is {got}.")


def unknown_constant(span: Span, name: str, suggestion: str | None) -> Diagnostic:
    return Diagnostic(
        "E014",
        span,
        f"nothing is called `{name}` here",
        "A word among sizes is a constant that `let` defines.",
        _did_you_mean(suggestion, f"define it above: let {name} = …"),
    )


def not_whole(span: Span, left: str, right: str) -> Diagnostic:
    return Diagnostic(
        "E015",
        span,
        f"{left}/{right} is not a whole number",
        "Sizes are whole numbers, and `/` must divide exactly.",
    )


def division_by_zero(span: Span) -> Diagnostic:
    return Diagnostic("E015", span, "this divides by zero")


def out_of_range(span: Span, what: str, value: object, limits: str) -> Diagnostic:
    return Diagnostic("E016", span, f"{what} is {value}, but must be {limits}")


def unknown_setting(name: str, known: Sequence[str], suggestion: str | None) -> str:
    listed = f"it defines {_words(known)}" if known else "it defines none"
    return _did_you_mean(suggestion, f"the file needs a line `let {name} = …`; {listed}")


# The chain.


def no_input(span: Span) -> Diagnostic:
    return Diagnostic(
        "E020",
        span,
        "the net does not begin with its input",
        "Every shape follows from the input's.",
        "begin with a line such as `input 1x28x28` (channels x height x width)",
    )


def input_twice(span: Span, first: Span) -> Diagnostic:
    return Diagnostic(
        "E021",
        span,
        "the net has a second input",
        "",
        "remove one of them",
        (Related(first, "the first is here"),),
    )


def empty_net(span: Span) -> Diagnostic:
    return Diagnostic(
        "E020", span, "there is no net in this file", "", "begin with `input 1x28x28`"
    )


def duplicate_name(span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "E022",
        span,
        f"the name `{name}` is taken",
        "",
        "choose another name",
        (Related(first, "first named here"),),
    )


def body_not_allowed(span: Span, keyword: str) -> Diagnostic:
    return Diagnostic(
        "E023",
        span,
        f"`{keyword}` cannot have indented lines below it",
        "Only sections such as `train` have bodies.",
        "remove the indentation",
    )


def window_too_large(
    span: Span, layer: str, window: Shape, given: Shape, padding: Shape, source: str
) -> Diagnostic:
    padded = f" (padded {show([given[1] + 2 * padding[0], given[2] + 2 * padding[1]])})"
    return Diagnostic(
        "E030",
        span,
        f"the {layer} window {show(window)} is larger than its input",
        f"{source} gives {show(given)}{padded if any(padding) else ''}: "
        f"a {show(window)} window does not fit into {show(given[1:])}.",
        f"use a window of at most {show(given[1:])}, or pad",
    )


def reshape_mismatch(span: Span, wanted: str, count: int, given: Shape, source: str) -> Diagnostic:
    return Diagnostic(
        "E031",
        span,
        f"`reshape {wanted}` does not have as many values as its input",
        f"{wanted} is {count}, but {source} gives {show(given)} = {product(given)}"
        + _differing(wanted, given),
        f"reshape {'*'.join(map(str, given))}",
    )


def _differing(wanted: str, given: Shape) -> str:
    factors = wanted.replace("x", "*").split("*")
    if len(factors) != len(given) or not all(f.isdigit() for f in factors):
        return "."
    names = ("1st", "2nd", "3rd")
    wrong = [k for k, f in enumerate(factors) if int(f) != given[k]]
    facts = [f"the {names[k]} factor is {factors[k]}, the map has {given[k]}" for k in wrong]
    return ": " + ", and ".join(facts) + "."


def linear_on_map(span: Span, given: Shape, source: str) -> Diagnostic:
    return Diagnostic(
        "E032",
        span,
        "`linear` needs a vector, but gets a map",
        f"{source} gives {show(given)}, which is channels x height x width.",
        f"flatten it first: reshape {'*'.join(map(str, given))}",
    )


def needs_map(span: Span, layer: str, given: Shape, source: str) -> Diagnostic:
    return Diagnostic(
        "E033",
        span,
        f"`{layer}` needs a map, but gets a vector",
        f"{source} gives {show(given)}; a map is channels x height x width.",
        f"turn it into a map first: reshape {given[0]}x1x1",
    )


def stale_shape(span: Span, declared: Shape, actual: Shape, why: str) -> Diagnostic:
    return Diagnostic(
        "E034",
        span,
        f"the shape here is {show(actual)}, not {show(declared)}",
        why,
        f"write -> {show(actual)}, or change the layer",
    )


def stale_count(span: Span, declared: int, actual: int) -> Diagnostic:
    return Diagnostic(
        "E035",
        span,
        f"the net has {actual} parameters, not {declared}",
        f"That is {abs(actual - declared)} {'more' if actual > declared else 'fewer'}.",
        f"write expect {actual} parameters, or change the net",
    )


def class_count(span: Span, outputs: Shape, classes: int, data: str) -> Diagnostic:
    return Diagnostic(
        "E036",
        span,
        f"the net's output is {show(outputs)}, but {data} has {classes} classes",
        "The output has one value for each class.",
        f"make the last layer `linear {classes}`",
    )


def output_is_map(span: Span, shape: Shape) -> Diagnostic:
    return Diagnostic(
        "E036",
        span,
        f"the net's output is the map {show(shape)}, but a classifier's is a vector",
        "The output has one value for each class.",
        f"end with reshape {'*'.join(map(str, shape))} and a linear layer",
    )


def nll_needs_logsoftmax(span: Span, last: str, last_span: Span) -> Diagnostic:
    return Diagnostic(
        "E037",
        span,
        "`nll` needs log-probabilities",
        f"It is the negative of the right class's log-probability, but the net ends with `{last}`.",
        "add `logsoftmax` as the last layer, or write `loss crossentropy`"
        if last != "softmax"
        else "write `logsoftmax` instead of `softmax`",
        (Related(last_span, "the last layer is here"),),
    )


def crossentropy_after(span: Span, last: str, last_span: Span) -> Diagnostic:
    return Diagnostic(
        "E038",
        span,
        f"`crossentropy` contains a softmax already, and the net ends with `{last}`",
        "The softmax would be applied twice.",
        "write `loss nll`" if last == "logsoftmax" else "remove the `softmax` line",
        (Related(last_span, "the last layer is here"),),
    )


def input_differs(span: Span, net: Shape, data: Shape, name: str, data_span: Span) -> Diagnostic:
    return Diagnostic(
        "E040",
        span,
        f"the net's input is {show(net)}, but {name} has images of {show(data)}",
        "",
        f"write input {show(data)}",
        (Related(data_span, "the data are chosen here"),),
    )


def net_too_large(span: Span, what: str, needed: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "E041",
        span,
        f"{what} would need {needed / 2**30:,.1f} GiB",
        f"That is more than the {limit / 2**30:,.0f} GiB that one layer may have.",
        "make the layer smaller",
    )


# Sections.


def unknown_key(
    span: Span, section: str, word: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    return Diagnostic(
        "E050",
        span,
        f"the section `{section}` has no line called `{word}`",
        "" if suggestion else f"Its lines are {_words(known)}.",
        _did_you_mean(suggestion, "use one of these"),
    )


def unknown_word(
    span: Span, what: str, word: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    return Diagnostic(
        "E051",
        span,
        f"there is no {what} called `{word}`",
        "" if suggestion else f"There is {_words(known)}.",
        _did_you_mean(suggestion, "use one of these"),
    )


def missing_unit(span: Span, number: str, units: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E052",
        span,
        f"{number} of what?",
        f"A duration carries its unit: {' or '.join(units)}.",
        f"write {number} {units[0]}",
    )


def key_twice(span: Span, key: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "E053",
        span,
        f"`{key}` stands twice",
        "",
        "keep one of them",
        (Related(first, "the first is here"),),
    )


def missing_key(span: Span, section: str, key: str, example: str) -> Diagnostic:
    return Diagnostic(
        "E054", span, f"the section `{section}` lacks its `{key}`", "", f"add a line `{example}`"
    )


def bad_line(span: Span, key: str, usage: str) -> Diagnostic:
    return Diagnostic("E055", span, f"I cannot read this `{key}` line", "", f"write it as {usage}")


def section_twice(span: Span, section: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "E053",
        span,
        f"there is a second section `{section}`",
        "",
        "make one section of the two",
        (Related(first, "the first is here"),),
    )


def train_without_data(span: Span) -> Diagnostic:
    return Diagnostic(
        "E056",
        span,
        "there is a section `train`, but no `data`",
        "Nothing says what to train on.",
        "add a line such as `data mnist`",
    )


# Advice.


def rows_dropped(span: Span, layer: str, dropped: Shape, given: Shape) -> Diagnostic:
    parts = [f"{n} {what}" for n, what in zip(dropped, ("rows", "columns"), strict=True) if n]
    return Diagnostic(
        "W001",
        span,
        f"`{layer}` ignores the last {' and '.join(parts)} of its input",
        f"The input is {show(given[1:])}, and the last window that fits ends before the border.",
        "choose another window, stride or padding; or silence this with # allow W001",
    )


def linear_after_linear(span: Span, first: Span) -> Diagnostic:
    return Diagnostic(
        "W002",
        span,
        "two linear layers follow each other with nothing between",
        "Together they can do no more than one linear layer.",
        "put an activation such as `relu` between them",
        (Related(first, "the first is here"),),
    )


def unused_constant(span: Span, name: str) -> Diagnostic:
    return Diagnostic("W003", span, f"`{name}` is never used", "", "remove the line")


def dropout_after_last_linear(span: Span) -> Diagnostic:
    return Diagnostic(
        "W004",
        span,
        "dropout after the last linear layer drops whole classes",
        "The scores of random classes become zero in training.",
        "move it before the last linear layer",
    )

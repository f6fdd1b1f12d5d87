"""All wording of diagnostics, one function a mistake, so that they speak with one voice.

It is long because it is a list; nothing in it depends on its neighbours.
"""

import math
import unicodedata
from collections.abc import Sequence

from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Span


def _did_you_mean(suggestion: str | None, otherwise: str) -> str:
    return f"did you mean `{suggestion}`?" if suggestion else otherwise


def _instead(span: Span, suggestion: str | None) -> tuple[Edit, ...]:
    """Put the suggestion where the wrong word stands."""
    return (Edit.of(span, suggestion),) if suggestion else ()


_MOST_WORDS = 100  # that a message lists


def _words(words: Sequence[str]) -> str:
    more = len(words) - _MOST_WORDS
    return ", ".join([*words[:_MOST_WORDS], *([f"… and {more:,} more"] if more > 0 else [])])


def _one_of(words: Sequence[str]) -> tuple[str, str]:
    """What there is, and what to do about it."""
    if len(words) == 1:
        return f"There is only {words[0]}.", f"write `{words[0]}`"
    return f"There are {_words(words)}.", "use one of these"


def already_reported(span: Span) -> Diagnostic:
    """What follows from a mistake that was reported where it began; the checker drops it."""
    return Diagnostic("", span, "this follows from another mistake")


# Lines that cannot be read.


_REMOVE = "remove it, or put # before a comment"
_FORM = "A line is LAYER arguments… [as NAME] [-> SHAPE]."
_INSTEAD = {
    "×": "write the letter x between sizes: 6x5x5",
    "→": "write -> before a shape",
    "−": "write a plain -",
    "–": "write a plain -",
    "“": 'write plain quotation marks: "',
    "”": 'write plain quotation marks: "',
    "'": 'write double quotation marks: "',
    '"': 'close the text with another " on the same line',
    "/": "a comment begins with #",
    ";": "put each layer on a line of its own",
    ".": "write a digit before the point: 0.5",
    "%": "write the fraction: 0.5 for 50%",
    "-": "numbers are not negative here: leave the - out",
    "=": "write an option as `stride 2`, a constant as `let width = 16`",
    "->": "one `->` ends the line, and a name comes before it: `as NAME -> SHAPE`",
    ")": "it has no ( before it: remove it",
} | dict.fromkeys(",[]{}:", "lists need no commas or brackets: write `conv 6x5x5 stride 2`")


_PLAIN = {"×": "x", "→": "->", "−": "-", "–": "-"}  # written by an editor that means well


def unexpected_character(span: Span, text: str, before: str) -> Diagnostic:
    """`before` is the line up to here."""
    fix = _INSTEAD.get(text) or _INSTEAD.get(text[0])
    plain = _PLAIN.get(text)
    if text == "->" and before.split()[-1:] == ["as"]:
        fix = "write a name behind `as`: `as conv1`"
    elif fix is None and before.count("(") > before.count(")"):
        fix = "close the parenthesis before it"
    shown = f"`{text}`"
    if text.isspace():
        fix = "write a plain space"
    if not text.isprintable() or text.isspace():
        shown = f"the character {unicodedata.name(text[0], '')} U+{ord(text[0]):04X}"
        shown = shown.replace("  ", " ")
    if text.isspace():
        plain = " "
    return Diagnostic(
        "E001", span, f"I did not expect {shown} here", _FORM, fix or _REMOVE,
        edits=_instead(span, plain),
    )  # fmt: skip


def unexpected_word(span: Span, text: str, before: str) -> Diagnostic:
    words = before.split()
    if not words:
        detail, fix = _FORM, "begin the line with a word, such as `conv` or `let`"
    elif words[0] == "let":
        detail, fix = "A constant is defined as let NAME = VALUE.", "write `let width = 16`"
    elif before.count("(") > before.count(")"):
        detail, fix = _FORM, "close the parenthesis before it"
    elif text.lower() == "x":
        detail, fix = _FORM, "write a small x between two sizes: 6x5x5"
    elif text.lower().startswith("x") and before[-1:].isdigit():
        detail, fix = _FORM, "join sizes with a small x, and with spaces where there are names"
    elif words[-1] == "as":
        detail, fix = _FORM, "begin the name with a letter: `as conv1`"
    elif text == "as":
        detail, fix = _FORM, "write one name, before the shape: `as NAME -> SHAPE`"
    elif "->" in words:
        detail, fix = _FORM, "remove it, or put it on a line of its own: the shape ends the line"
    elif "as" in words:
        detail, fix = _FORM, "write the name as one word, at the end of the line"
    else:
        detail, fix = _FORM, "put a space before it, or a line of its own"
    return Diagnostic("E002", span, f"I did not expect `{text}` here", detail, fix)


def unexpected_end(span: Span, before: str) -> Diagnostic:
    words = before.split()
    detail, fix = "Something must follow here.", "finish the line"
    if words[:1] == ["let"]:
        detail, fix = "A constant is defined as let NAME = VALUE.", "write `let width = 16`"
    elif words[-1:] == ["as"]:
        detail, fix = "A name must follow.", "write a name behind `as`: `as conv1`"
    elif words[-1:] == ["->"]:
        detail, fix = "A shape must follow.", "write a shape behind the arrow: `-> 6x24x24`"
    elif before.rstrip().endswith(("+", "-", "*", "/", "(")):
        detail, fix = "A number must follow.", "write a number here"
    elif before.count("(") > before.count(")"):
        detail, fix = "A parenthesis is still open.", "close it with )"
    return Diagnostic("E003", span, "this line ends too soon", detail, fix)


def tab(line: Span, columns: Sequence[int], margin: int) -> Diagnostic:
    """`line` are the words of a line with tabs in these columns, and `margin` the spaces that its
    indentation stands for."""
    number, file = line.line, line.file
    edits = [
        Edit(number, column, number, column + 1, " ", file)
        for column in columns
        if column > line.column
    ]
    if columns[0] < line.column:
        edits.insert(0, Edit(number, 1, number, line.column, " " * margin, file))
    return Diagnostic(
        "E004",
        Span(number, columns[0], columns[0] + 1, file),
        "there is a tab in this line",
        "How wide a tab is depends on the editor, and indentation has a meaning here.",
        "use spaces",
        edits=tuple(edits),
    )


def indentation(span: Span, indent: int, outer: int, expected: int) -> Diagnostic:
    return Diagnostic(
        "E005",
        span,
        "this line's indentation fits no line above",
        f"It is indented by {indent} spaces; the lines above it by {outer} and {expected}.",
        f"indent it by {expected} spaces, like the lines of the same body",
        edits=(Edit(span.line, 1, span.line, span.column, " " * expected, span.file),),
    )


def indented(span: Span) -> Diagnostic:
    return Diagnostic(
        "E005",
        span,
        "this line is indented, but belongs to no line above",
        "Only the lines of a body are indented: below `train`, `repeat 3`, `block NAME`, …",
        "remove the spaces before it",
        edits=(Edit(span.line, 1, span.line, span.column, "", span.file),),
    )


def line_too_long(span: Span, length: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "E006",
        span,
        "this line is too long to be meant",
        f"It has {length} characters; the limit is {limit}.",
        "is this really a .lenet file?",
    )


def too_many_lines(span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "E006",
        span,
        "this file is too long to be meant",
        f"I stop reading here: the limit is {limit:,} lines.",
        "is this really a .lenet file?",
    )


def too_deep(span: Span, limit: str) -> Diagnostic:
    return Diagnostic(
        "E006",
        span,
        "this line is nested too deeply",
        f"The limit is {limit}.",
        "write it in a simpler way, or in parts with `let`",
    )


# Words, arguments, options.


_NONE = "There is none, under another name either."


def _what_there_is(known: str, suggestion: str | None, instead: str | None) -> str:
    """Below the title: all that there is, unless one of it was meant, or nothing is like it."""
    return _NONE if instead is not None else "" if suggestion else known


def unknown_layer(
    span: Span, word: str, suggestion: str | None, example: str, known: Sequence[str],
    instead: str | None = None,
) -> Diagnostic:  # fmt: skip
    """`example` is the suggested layer's; `instead` is what can be done where we have no such
    thing (see dsl/messages/absent.py)."""
    return Diagnostic(
        "E010",
        span,
        f"there is no layer called `{word}`",
        _what_there_is(f"The layers are {_words(known)}.", suggestion, instead),
        _did_you_mean(suggestion, "use one of these" if instead is None else instead)
        + (f" For example `{example}`" if example not in ("", suggestion) else ""),
        edits=_instead(span, suggestion),
    )


def line_of_section(span: Span, word: str, section: str) -> Diagnostic:
    return Diagnostic(
        "E010",
        span,
        f"there is no layer called `{word}`",
        f"It is a line of the section `{section}`.",
        f"indent it below the line `{section}`",
    )


def _options(known: Sequence[str]) -> str:
    if len(known) == 1:
        return f"Its only option is {known[0]}."
    return f"Its options are {_words(known)}." if known else "It has no options."


def unknown_option(
    span: Span, layer: str, word: str, suggestion: str | None, known: Sequence[str],
    meant: str | None, instead: str | None = None,
) -> Diagnostic:  # fmt: skip
    """`meant` is a layer that the word, or the one behind it, names; `instead` as above."""
    otherwise = "remove it" if instead is None else instead
    if meant:
        otherwise = f"put `{meant}` on a line of its own"
    return Diagnostic(
        "E011",
        span,
        f"`{layer}` has no option called `{word}`",
        _options(known),
        _did_you_mean(suggestion, otherwise),
        edits=_instead(span, suggestion),
    )


def missing_argument(span: Span, layer: str, argument: str, example: str) -> Diagnostic:
    return Diagnostic(
        "E012", span, f"`{layer}` needs its {argument}", "", f"for example `{example}`"
    )


def too_many_arguments(span: Span, layer: str, example: str, options: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E012",
        span,
        f"I did not expect this value in a `{layer}` line",
        _options(options),
        f"remove it; for example `{example}`",
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


def wrong_value(
    span: Span, what: str, expected: str, got: str, meant: str | None = None
) -> Diagnostic:
    return Diagnostic(
        "E013", span, f"{what} must be {expected}", f"But this is {got}.",
        f"write `{meant}`" if meant else "", edits=_instead(span, meant),
    )  # fmt: skip


def window_of_all(span: Span, layer: str, expected: str, given: Shape | None) -> Diagnostic:
    """`given` is the map that the window is to cover, where it is known."""
    size, fix = None, ""
    if given is not None and len(given) == 3:
        size = str(given[1]) if given[1] == given[2] else show(given[1:])
        fix = f"write `{layer} {size}`: the size of its map"
    return Diagnostic(
        "E013", span, f"the window of `{layer}` must be {expected}",
        "Only `avgpool` takes `all`.", fix, edits=_instead(span, size),
    )  # fmt: skip


def pad_mode(
    option: Span, span: Span, layer: str, mode: str, pad: tuple[int, int] | None,
    known: bool = False, stride: Sequence[int] = (1,),
) -> Diagnostic:  # fmt: skip
    """`pad` is what the mode stands for, if anything does; `known` tells that the window is."""
    does = "keeps the size" if set(stride) == {1} else "does the same with this stride"
    edits: tuple[Edit, ...] = ()
    fix = "no `pad` keeps the size under this window: use one of odd sizes" if known else ""
    if pad == (0, 0):
        fix = f"leave `pad {mode}` out: without it nothing is added"
        edits = (Edit(option.line, option.column - 1, span.line, span.end_column, "", span.file),)
    elif pad is not None:
        size = str(pad[0]) if pad[0] == pad[1] else show(pad)
        fix = f"write `pad {size}`, which {does}"
        edits = (Edit.of(span, size),)
    return Diagnostic(
        "E013", span, f"the pad of `{layer}` must be one whole number or two sizes, like 3x3",
        f"`{mode}` is a word of other frameworks.", fix, edits=edits,
    )  # fmt: skip


def unknown_constant(span: Span, name: str, suggestion: str | None) -> Diagnostic:
    return Diagnostic(
        "E014",
        span,
        f"nothing is called `{name}` here",
        "A word in place of a number is a constant that `let` has defined above.",
        _did_you_mean(suggestion, f"write a number, or define it above: let {name} = …"),
        edits=_instead(span, suggestion),
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


def too_many_digits(span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "E016",
        span,
        "this number is too large or too precise",
        f"A number has at most {limit} digits before and behind its point.",
    )


def out_of_range(span: Span, what: str, value: object, limits: str) -> Diagnostic:
    return Diagnostic("E016", span, f"{what} is {value}, but must be {limits}")


def no_winograd(span: Span) -> Diagnostic:
    return Diagnostic(
        "E016",
        span,
        "Winograd's transforms are for 3x3 and 5x5 kernels with stride 1",
        fix="leave `algorithm winograd` out, and the compiler chooses",
    )


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


def name_clashes(span: Span, name: str, first: Span, mine: bool) -> Diagnostic:
    """A name that was written, and one that a layer has without writing it."""
    return Diagnostic(
        "E022",
        span,
        f"the name `{name}` is taken",
        "A layer without a name is called by its kind and count.",
        "choose another name" if mine else f"give this layer a name: as NAME, not {name}",
        (Related(first, f"this is `{name}`"),),
    )


def body_not_allowed(span: Span, keyword: str, above: Span) -> Diagnostic:
    return Diagnostic(
        "E023",
        span,
        f"`{keyword}` has no lines below it",
        "Sections such as `train`, and `repeat`, `block`, `add`, … have indented lines.",
        f"indent it like the `{keyword}` line",
        (Related(above, "the line above it"),),
        (Edit(span.line, 1, span.line, span.column, " " * (above.column - 1), span.file),),
    )


def let_in_body(span: Span, keyword: str) -> Diagnostic:
    return Diagnostic(
        "E023",
        span,
        f"a `let` cannot stand below `{keyword}`",
        "Constants belong to the whole file.",
        "move it above, without indentation",
    )


def only_at_the_top(span: Span, keyword: str, outer: str) -> Diagnostic:
    return Diagnostic(
        "E023",
        span,
        f"`{keyword}` cannot stand below `{outer}`",
        "It belongs to the whole file.",
        "move it out, without indentation",
    )


def window_too_large(
    span: Span, layer: str, window: Shape, given: Shape, padding: Shape, source: str
) -> Diagnostic:
    """The checker adds the smallest input of the net that is large enough."""
    room = (given[1] + 2 * padding[0], given[2] + 2 * padding[1])
    padded = f", padded {show(room)}" if any(padding) else ""
    return Diagnostic(
        "E030",
        span,
        f"the {layer} window {show(window)} is larger than its input",
        f"{source} gives {show(given)}{padded}: {show(window)} does not fit into {show(room)}.",
        f"use at most {show(room)}" + ("" if layer == "avgpool" else ", or more `pad`"),
    )


def reshape_mismatch(span: Span, wanted: str, count: int, given: Shape, source: str) -> Diagnostic:
    amount = f"{wanted} is {count}" if wanted != str(count) else f"That is {count} values"
    return Diagnostic(
        "E031",
        span,
        f"`reshape {wanted}` does not have as many values as its input",
        f"{amount}, but {source} gives {show(given)} = {product(given)}"
        + _differing(wanted, given),
        f"write reshape {'*'.join(map(str, given))}",
        edits=(Edit.of(span, "*".join(map(str, given))),),
    )


def _differing(wanted: str, given: Shape) -> str:
    factors = wanted.replace("x", "*").split("*")
    if len(factors) != len(given) or not all(f.isdigit() for f in factors):
        return "."
    names = ("1st", "2nd", "3rd")
    wrong = [k for k, f in enumerate(factors) if int(f) != given[k]]
    facts = [f"the {names[k]} factor is {factors[k]}, the map has {given[k]}" for k in wrong]
    return ": " + ", and ".join(facts) + "."


def linear_on_map(span: Span, given: Shape, source: str, layer: str = "linear") -> Diagnostic:
    return Diagnostic(
        "E032",
        span,
        f"`{layer}` needs a vector, but gets a map",
        f"{source} gives {show(given)}, which is channels x height x width.",
        "flatten it first: write `flatten` on the line before",
        edits=(Edit.line_before(span, "flatten"),),
    )


def needs_map(span: Span, layer: str, given: Shape, source: str) -> Diagnostic:
    return Diagnostic(
        "E033",
        span,
        f"`{layer}` needs a map, but gets a vector",
        f"{source} gives {show(given)}; a map is channels x height x width.",
        f"turn it into a map first: reshape {given[0]}x1x1",
        edits=(Edit.line_before(span, f"reshape {given[0]}x1x1"),),
    )


def stale_shape(span: Span, declared: Shape, actual: Shape, why: str) -> Diagnostic:
    return Diagnostic(
        "E034",
        span,
        f"the shape here is {show(actual)}, not {show(declared)}",
        why,
        f"write -> {show(actual)}, or change the layer",
        edits=(Edit.of(span, show(actual)),),
    )


def stale_count(span: Span, declared: int, actual: int) -> Diagnostic:
    return Diagnostic(
        "E035",
        span,
        f"the net has {actual} parameters, not {declared}",
        f"That is {abs(actual - declared)} {'more' if actual > declared else 'fewer'}.",
        f"write expect {actual} parameters, or change the net",
        edits=(Edit.of(span, str(actual)),),
    )


def class_count(span: Span, outputs: Shape, classes: int, data: str, layer: str) -> Diagnostic:
    return Diagnostic(
        "E036",
        span,
        f"the net's output is {show(outputs)}, but {data} has {classes} classes",
        "The output has one value for each class.",
        _with_outputs(layer, classes),
    )


def _with_outputs(layer: str, count: int) -> str:
    """What gives so many outputs where `layer` gives another number."""
    if layer in ("linear", "rbf"):
        return f"make the last layer `{layer} {count}`"
    return f"write `linear {count}` on the line behind the last `{layer}`"


def output_is_map(span: Span, shape: Shape, classes: int | None, end: str | None) -> Diagnostic:
    """`end` is the softmax that ends the net, if one does."""
    linear = "`flatten` and a `linear` with one output for each class"
    fix = f"end with {linear if classes is None else f'`flatten` and `linear {classes}`'}"
    if shape[1:] == (1, 1) and classes in (None, shape[0]):
        fix = "end with `flatten`"
    elif end is not None:
        fix = f"{fix}, both before `{end}`"
    return Diagnostic(
        "E036",
        span,
        f"the net's output is the map {show(shape)}, but a classifier's is a vector",
        "The output has one value for each class.",
        fix,
    )


def one_class(span: Span, layer: str, size: Span | None) -> Diagnostic:
    """`size` is where the number of outputs can be changed."""
    fix = f"{_with_outputs(layer, 2)}: one output for each of two classes"
    return Diagnostic(
        "E045",
        span,
        "the net has one output, and so one class only",
        "A single class always has the probability 1: there is nothing to learn.",
        fix,
        edits=_instead(size, "2") if size is not None else (),
    )


def nothing_to_train(section: Span, fixed: tuple[str, Span] | None) -> Diagnostic:
    """`fixed` is a layer whose parameters are given and not trained, and its place, if any."""
    detail = "None of the net's layers has parameters."
    fix = "add a layer that has some, such as `linear 10`"
    if fixed is not None:
        detail = f"The parameters of `{fixed[0]}` are fixed, and no other layer has any."
        fix = f"write `{fixed[0]}` without fixed values, or {fix}"
    return Diagnostic(
        "E046",
        section,
        "the net has nothing to train",
        detail,
        f"{fix}; or remove the section `train`: the net predicts as it is",
        (Related(fixed[1], "these are fixed"),) if fixed is not None else (),
    )


def squashed_scores(span: Span, layer: str, count: int, alone: bool) -> Diagnostic:
    """`alone` tells whether the line makes nothing else, so that it can be removed."""
    count = max(count, 2)
    most = math.e / (math.e + count - 1)
    return Diagnostic(
        "E044",
        span,
        f"`{layer}` keeps the scores between 0 and 1, but a softmax follows",
        f"With {count} classes the right one would never get more than {most:.0%}.",
        f"remove this `{layer}` line: the softmax alone makes probabilities of the scores",
        edits=(Edit.remove_line(span),) if alone else (),
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
        (Edit.of(last_span, "logsoftmax"),) if last == "softmax" else (),
    )


def map_needs_rbf(span: Span, last: str, last_span: Span) -> Diagnostic:
    """`loss map` without distances."""
    return Diagnostic(
        "E037",
        span,
        "`map` needs the distances of `rbf`",
        f"It takes the smallest output for the best, but the net ends with `{last}`.",
        "end with an `rbf` layer, or write `loss crossentropy`",
        (Related(last_span, "the last layer is here"),),
    )


def outputs_are_distances(
    span: Span, loss: str, last: str, last_span: Span, instead: str
) -> Diagnostic:
    """A loss that wants large outputs, and a last layer whose best is the smallest."""
    return Diagnostic(
        "E037",
        span,
        f"`{loss}` takes the largest output for the best, but those of `{last}` are distances",
        "",
        f"write `loss {instead}`",
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


def input_differs(
    span: Span, net: Shape, right: Shape, images: Shape, name: str, data_span: Span,
    pad: tuple[int, int] | None, size: Span | None,
) -> Diagnostic:  # fmt: skip
    """`right` is the input that takes the data's padded `images`. `pad` is what would make the
    net's input of the bare ones, and `size` where it is written, if it can be put right there."""
    write, detail = f"write input {show(right)}", ""
    fix = write
    if len(net) == 1:
        fix = f"{write}: all values of an image in one vector"
    elif net[0] != images[0] == net[2]:
        fix = f"{write}: channels come first"
    elif net[0] != images[0]:
        detail = f"{name} is grey: it has one channel."
        if images[0] != 1:
            detail = f"{name} has {images[0]} channels: it is in colour."
    elif pad == (0, 0):
        fix = f"remove the `pad` below `data {name}`; or {write}"
    elif pad is not None:
        wide = str(pad[0]) if pad[0] == pad[1] else show(pad)
        fix = f"{write}; or keep it, and write `pad {wide}` below `data {name}`"
    return Diagnostic(
        "E040",
        span,
        f"the net's input is {show(net)}, but {name} has images of {show(images)}",
        detail,
        fix,
        (Related(data_span, "the data are chosen here"),),
        _instead(size, show(right)) if size is not None else (),
    )


def net_too_large(span: Span, what: str, needed: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "E041",
        span,
        f"{what} would need {needed / 2**30:,.1f} GiB",
        f"That is more than the {limit / 2**30:,.0f} GiB that one layer may have.",
        "make the layer smaller",
    )


def layer_after_output(span: Span, layer: str, output: str, output_span: Span) -> Diagnostic:
    return Diagnostic(
        "E039",
        span,
        f"a `{layer}` follows the net's output",
        f"What `{output}` gives are results for a loss, not values to compute with.",
        f"move `{output}` to the end, or remove what follows it",
        (Related(output_span, "the output is here"),),
    )


def crop_differs(span: Span, crop: Shape, given: Shape) -> Diagnostic:
    return Diagnostic(
        "E042",
        span,
        f"a crop of {show(crop)} does not fit the net's input of {show(given)}",
        "What is cut out of the padded image is what the net sees.",
        f"write crop {show(given[1:])}, or another input" if len(given) == 3 else
        "give the net a map as its input: channels x height x width",
    )  # fmt: skip


def pad_needs_map(span: Span, first: Span, given: Shape) -> Diagnostic:
    return Diagnostic(
        "E040",
        span,
        f"`pad` puts rows and columns around images, but the net's input is {show(given)}",
        "A vector has none.",
        "begin with a map, channels x height x width, and make a vector of it with `flatten`",
        (Related(first, "the input"),),
    )


def too_many_layers(span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "E043",
        span,
        "with this line the net grows beyond all reason",
        f"Blocks and repeats may make at most {limit:,} layers.",
        "repeat it less often",
    )


# Blocks, paths, tables, imports.


def recursive_block(span: Span, name: str, chain: Sequence[str]) -> Diagnostic:
    way = " -> ".join((*chain, name))
    return Diagnostic(
        "E060",
        span,
        f"the block `{name}` contains itself",
        f"The way is {way}, and so on without an end.",
        "write `repeat` for a fixed number of times",
    )


def block_is_layer(span: Span, name: str, what: str) -> Diagnostic:
    return Diagnostic(
        "E061",
        span,
        f"a {what} cannot be called `{name}`",
        "That word has a meaning already.",
        "choose another name",
    )


def empty_body(span: Span, keyword: str, example: str) -> Diagnostic:
    return Diagnostic(
        "E062",
        span,
        f"`{keyword}` has no lines below it",
        "What belongs to it is indented below.",
        f"for example\n{example}",
    )


def path_outside(span: Span) -> Diagnostic:
    return Diagnostic(
        "E063",
        span,
        "this `path` belongs to nothing",
        "Paths stand below `add`, `concat` or `multiply`, which join them.",
        "indent it below one of these",
    )


def not_a_path(span: Span, keyword: str, join: str, join_span: Span) -> Diagnostic:
    return Diagnostic(
        "E063",
        span,
        f"`{join}` joins paths, but this is `{keyword}`",
        "The layers of each way stand below a line `path`.",
        "put a line `path` above it, and indent it below",
        (Related(join_span, f"the `{join}` is here"),),
    )


def too_few_paths(span: Span, join: str, count: int) -> Diagnostic:
    what = {0: "no path", 1: "a single path"}[count]
    return Diagnostic(
        "E063",
        span,
        f"`{join}` has {what} to join",
        "It takes two or more; an empty `path` passes its input on.",
        f"for example\n{join}\n  path\n    conv 6x3x3 pad 1\n  path",
    )


def paths_differ(
    span: Span, join: str, first: Shape, first_span: Span, other: Shape, number: int, need: str
) -> Diagnostic:
    return Diagnostic(
        "E064",
        span,
        f"the paths of `{join}` do not fit together",
        f"Path 1 gives {show(first)}, path {number} gives {show(other)}; {need}.",
        "change one of them, for example with `shortcut` or `pad`",
        (Related(first_span, f"path 1 gives {show(first)}"),),
    )


def cannot_import(span: Span, path: str, why: str, fix: str = "") -> Diagnostic:
    return Diagnostic(
        "E065",
        span,
        f"cannot import {path}",
        why,
        fix or "the path starts at the folder of this file",
    )


def import_cycle(span: Span, chain: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E066",
        span,
        "these files import each other",
        " -> ".join(chain),
        "move what they share into a file of its own",
    )


def bad_cell(span: Span, text: str) -> Diagnostic:
    return Diagnostic(
        "E067",
        span,
        f"I did not expect `{text}` in a table",
        "Each place of a table is X (connected) or . (not), with spaces between.",
        "write X or .",
    )


def ragged_table(span: Span, count: int, first: int) -> Diagnostic:
    return Diagnostic(
        "E067",
        span,
        f"this row has {count} places, the first has {first}",
        "A table has a row for each input map and a column for each output map.",
        "make all rows of the same length",
    )


def empty_table(span: Span) -> Diagnostic:
    return Diagnostic(
        "E067", span, "this table has no rows", "", "write rows of X and . below it, indented"
    )


def unconnected(span: Span, output: int) -> Diagnostic:
    return Diagnostic(
        "E067",
        span,
        f"output map {output} of this table sees nothing",
        "Its column has no X.",
        "connect it, or remove the column",
    )


def unknown_table(
    span: Span, name: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    listed = f"There is {_words(known)}." if known else "This file has no tables."
    return Diagnostic(
        "E014",
        span,
        f"no table is called `{name}`",
        "" if suggestion else listed,
        _did_you_mean(suggestion, f"write it: a line `table {name}`, and rows of X and . below"),
        edits=_instead(span, suggestion),
    )


def table_differs(
    span: Span, name: str, table: tuple[int, int], layer: tuple[int, int], table_span: Span
) -> Diagnostic:
    return Diagnostic(
        "E068",
        span,
        f"the table `{name}` does not fit this layer",
        f"It has {table[0]} rows and {table[1]} columns, for so many input and output maps; "
        f"here are {layer[0]} input and {layer[1]} output maps.",
        "change the table or the layer",
        (Related(table_span, "the table is here"),),
    )


def fewer_channels(span: Span, wanted: int, given: Shape, source: str) -> Diagnostic:
    return Diagnostic(
        "E069",
        span,
        f"`shortcut` cannot leave out channels: {wanted} are fewer than {given[0]}",
        f"{source} gives {show(given)}, and new channels are filled with zeros.",
        f"write at least {given[0]}, or use `conv {wanted}x1x1`",
    )


def no_codes(span: Span, inputs: int, outputs: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "E070",
        span,
        "the codes ascii7x12 do not fit this layer",
        f"They are 7x12 = 84 values for each of at most {limit} digits; here are {inputs} inputs "
        f"and {outputs} outputs.",
        "write `linear 84` before it and at most `rbf 10`, or leave `codes` out",
    )


# Sections.


def unknown_key(
    span: Span, section: str, word: str, suggestion: str | None, known: Sequence[str], usage: str,
    instead: str | None = None,
) -> Diagnostic:  # fmt: skip
    """`usage` is how the suggested line is written."""
    example = f" For example `{usage}`" if usage else ""
    return Diagnostic(
        "E050",
        span,
        f"the section `{section}` has no line called `{word}`",
        f"Its lines are {_words(known)}." if not suggestion and not instead else "",
        _did_you_mean(suggestion, "use one of these" if instead is None else instead) + example,
        edits=_instead(span, suggestion),
    )


def unknown_word(
    span: Span, what: str, word: str, suggestion: str | None, known: Sequence[str],
    instead: str | None = None,
) -> Diagnostic:  # fmt: skip
    return Diagnostic(
        "E051",
        span,
        f"there is no {what} called `{word}`",
        "" if suggestion else _one_of(known)[0],
        _did_you_mean(suggestion, _one_of(known)[1] if instead is None else instead),
        edits=_instead(span, suggestion),
    )


def missing_unit(span: Span, number: str, units: Sequence[str]) -> Diagnostic:
    what = "An angle" if "degrees" in units else "A duration"
    return Diagnostic(
        "E052",
        span,
        f"{number} of what?",
        f"{what} carries its unit: {' or '.join(units)}.",
        f"write {number} {units[0]}",
        edits=(Edit.behind(span, f" {units[0]}"),),
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


def rate_without_end(span: Span) -> Diagnostic:
    return Diagnostic(
        "E054",
        span,
        "a cosine needs a length: it falls to 0 at the end of the training",
        "But `stop when` may end it at any time, and nothing says when it ends at the latest.",
        "add a line `stop after 20 epochs` beside the `stop when`: whichever comes first",
    )


def bad_line(span: Span, key: str, usage: str) -> Diagnostic:
    return Diagnostic(
        "E055", span, f"I cannot read this `{key}` line", "", f"write it like this: {usage}"
    )


def no_columns(span: Span, key: str, kind: str) -> Diagnostic:
    return Diagnostic(
        "E057",
        span,
        f"`data {kind}` has no columns, so `{key}` has nothing to name",
        "Columns are those of a table: of `data parquet` and `data frame`.",
        "remove the name",
    )


def only_for_pictures(span: Span, key: str, kind: str) -> Diagnostic:
    return Diagnostic(
        "E057",
        span,
        f"`{key}` is for pictures, but the images of `data {kind}` are numbers of one size",
        "Pictures are those of `data images`, and of tables.",
        "remove the line; `pad 2` puts rows and columns of zeros around images"
        if key == "resize"
        else "remove the line",
        edits=(Edit.remove_line(span),),
    )


def labels_are_folders(span: Span) -> Diagnostic:
    return Diagnostic(
        "E057",
        span,
        "the labels of `data images` are the names of the folders",
        "",
        "remove the line",
        edits=(Edit.remove_line(span),),
    )


def resize_differs(span: Span, resize: Shape, bare: Shape, first: Span) -> Diagnostic:
    """`bare` is the net's input without the data's `pad`."""
    if len(bare) == 3:
        detail = f"The net takes pictures of {show(bare[1:])}"
        fix = f"write resize {show(bare[1:])}, or another input"
    else:
        pixels = product(resize)
        detail = f"The net takes {bare[0]} values; {show(resize)} are {pixels}, or {3 * pixels} of"
        detail += " red, green and blue"
        fix = f"write input 1x{show(resize)}, or input 3x{show(resize)} for colours"
    return Diagnostic(
        "E040",
        span,
        f"pictures of {show(resize)} do not fit the net's input",
        f"{detail}.",
        fix,
        (Related(first, "the input"),),
    )


def section_twice(span: Span, section: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "E053",
        span,
        f"there is a second section `{section}`",
        "",
        "make one section of the two",
        (Related(first, "the first is here"),),
    )


# Advice.


def rows_dropped(span: Span, layer: str, dropped: Shape, given: Shape) -> Diagnostic:
    parts = [
        f"the last {what}" if n == 1 else f"the last {n} {what}s"
        for n, what in zip(dropped, ("row", "column"), strict=True)
        if n
    ]
    return Diagnostic(
        "W001",
        span,
        f"`{layer}` ignores {' and '.join(parts)} of its input",
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
    return Diagnostic(
        "W003", span, f"`{name}` is never used", "", "remove the line",
        edits=(Edit.remove_line(span),),
    )  # fmt: skip


def unused_definition(span: Span, what: str, name: str) -> Diagnostic:
    code = "W005" if what == "block" else "W007"
    return Diagnostic(code, span, f"the {what} `{name}` is never used", "", "use it or remove it")


def bias_before_batchnorm(span: Span, layer: str, norm: Span, end: Span) -> Diagnostic:
    return Diagnostic(
        "W006",
        span,
        f"the bias of this `{layer}` has no effect",
        "The `batchnorm` behind it subtracts the mean, and the bias with it.",
        "write `bias no`",
        (Related(norm, "the batchnorm is here"),),
        (Edit.behind(end, " bias no"),),
    )


def too_much_memory(span: Span, needed: int, available: int) -> Diagnostic:
    return Diagnostic(
        "W008",
        span,
        f"training would need {needed / 2**30:,.1f} GiB of memory",
        f"This machine has {available / 2**30:,.1f} GiB.",
        "make the net or its batch smaller, or train it on another machine",
    )


def bounded_scores(span: Span, layer: str, bounds: tuple[float, float]) -> Diagnostic:
    low, high = bounds
    detail = f"Between {low:g} and {high:g} no class can become as certain as it may be."
    if high == float("inf"):
        detail = f"Scores below {low:g} become {low:g}, and nothing is learnt from them."
    return Diagnostic(
        "W009",
        span,
        f"the net's scores come from `{layer}`, and a softmax follows",
        detail,
        f"remove this `{layer}` line; or silence this with # allow W009",
    )


def nothing_varies(span: Span, layer: str, shape: Shape) -> Diagnostic:
    what = "a vector" if len(shape) == 1 else f"a map of {show(shape)}"
    return Diagnostic(
        "W010",
        span,
        f"with `batch 1`, `{layer}` on {what} has nothing to compare",
        "It subtracts the batch's mean, and of one value nothing is left: nothing is learnt.",
        f"write a larger batch, such as `batch 32`, or remove the `{layer}` line",
    )


def dropout_after_last_linear(span: Span) -> Diagnostic:
    return Diagnostic(
        "W004",
        span,
        "dropout after the last linear layer drops whole classes",
        "The scores of random classes become zero in training.",
        "move it before the last linear layer",
    )

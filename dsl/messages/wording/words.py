"""Words, arguments and options of a line, and what their values may be."""

from collections.abc import Sequence

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.messages.phrases import did_you_mean, enumerated, replacing
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

E010 = Code(
    "an unknown layer",
    "The first word of a line is a layer, a block, or a word such as `repeat`. Words of other "
    "frameworks are known, and answered with ours; `lenet explain` lists them all.",
    "input 784\ndense 10\n",
)


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
        _what_there_is(f"The layers are {enumerated(known)}.", suggestion, instead),
        did_you_mean(suggestion, "use one of these" if instead is None else instead)
        + (f" For example `{example}`" if example not in ("", suggestion) else ""),
        edits=replacing(span, suggestion),
    )


def line_of_section(span: Span, word: str, section: str) -> Diagnostic:
    """A section's line stands where a layer is due."""
    return Diagnostic(
        "E010",
        span,
        f"there is no layer called `{word}`",
        f"It is a line of the section `{section}`.",
        f"indent it below the line `{section}`",
    )


E011 = Code(
    "an unknown option",
    "Options follow a layer's arguments as WORD value. `lenet explain conv` lists a layer's.",
    "input 1x28x28\nconv 6x5x5 strde 2\n",
)


def _options(known: Sequence[str]) -> str:
    if len(known) == 1:
        return f"Its only option is {known[0]}."
    return f"Its options are {enumerated(known)}." if known else "It has no options."


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
        did_you_mean(suggestion, otherwise),
        edits=replacing(span, suggestion),
    )


E012 = Code(
    "an argument that is missing or one too many",
    "Each layer says which arguments it takes, in which order; options are named.",
    "input 1x28x28\nconv\n",
)


def missing_argument(span: Span, layer: str, argument: str, example: str) -> Diagnostic:
    """A layer, or the use of a block, lacks an argument that has no default."""
    return Diagnostic(
        "E012", span, f"`{layer}` needs its {argument}", "", f"for example `{example}`"
    )


def too_many_arguments(span: Span, layer: str, example: str, options: Sequence[str]) -> Diagnostic:
    """A value stands where no argument is left to take it."""
    return Diagnostic(
        "E012",
        span,
        f"I did not expect this value in a `{layer}` line",
        _options(options),
        f"remove it; for example `{example}`",
    )


def option_without_value(span: Span, layer: str, option: str, expected: str) -> Diagnostic:
    """An option's word has no value behind it."""
    return Diagnostic(
        "E012", span, f"the option `{option}` of `{layer}` needs a value", f"It takes {expected}."
    )


def second_word_missing(span: Span, layer: str, option: str) -> Diagnostic:
    """Of an option of two words, there is the first alone."""
    word, second = option.split()
    return Diagnostic(
        "E012",
        span,
        f"the option `{word}` of `{layer}` is two words",
        "",
        f"write `{option}`",
        edits=(Edit(span.line, span.column + len(word), span.line, span.column + len(word),
                    f" {second}", span.file),),
    )  # fmt: skip


def factor_without_x(span: Span, layer: str, option: str, number: str) -> Diagnostic:
    """A number of a layer stands alone that multiplies that of the section `train`."""
    return Diagnostic(
        "E012",
        span,
        f"the {option} of `{layer}` is a factor",
        f"The layer learns with the {option} of the section `train`, times this.",
        f"write `{option} x {number}`, if {number} is meant as this factor",
        edits=(Edit(span.line, span.column, span.line, span.column, "x ", span.file),),
    )


E013 = Code(
    "a value of the wrong kind",
    "Sizes are whole numbers: `6x5x5` is three of them, `12*4*4` is one. Some options take a "
    "word, some a number with a fraction.",
    "input 1x28x28\nconv 6x5\n",
)


def wrong_value(
    span: Span, what: str, expected: str, got: str, meant: str | None = None
) -> Diagnostic:
    """A value is of another kind than `expected`. `meant` is what is written instead, where that is
    clear."""
    return Diagnostic(
        "E013", span, f"{what} must be {expected}", f"But this is {got}.",
        f"write `{meant}`" if meant else "", edits=replacing(span, meant),
    )  # fmt: skip


def window_of_all(span: Span, layer: str, expected: str, given: Shape | None) -> Diagnostic:
    """`given` is the map that the window is to cover, where it is known."""
    size, fix = None, ""
    if given is not None and len(given) == 3:
        size = str(given[1]) if given[1] == given[2] else show(given[1:])
        fix = f"write `{layer} {size}`: the size of its map"
    return Diagnostic(
        "E013", span, f"the window of `{layer}` must be {expected}",
        "Only `avgpool` and `maxpool` take `all`.", fix, edits=replacing(span, size),
    )  # fmt: skip


def pad_valid(option: Span, span: Span, layer: str) -> Diagnostic:
    """`pad valid`, which is what other frameworks say for none."""
    edit = Edit(option.line, option.column - 1, span.line, span.end_column, "", span.file)
    return Diagnostic(
        "E013", span,
        f"the pad of `{layer}` must be one whole number or two sizes, like 3x3, or same",
        "`valid` is a word of other frameworks.",
        "leave `pad valid` out: without it nothing is added", edits=(edit,),
    )  # fmt: skip


E014 = Code(
    "a name that nothing has",
    "In place of a number a name is a constant, which a `let` above defines, or a parameter "
    "of the block around. Behind `connect` it is a table.",
    "let width = 16\ninput 1x28x28\nconv widht x 5 x 5\nlinear width\n",
)


def unknown_constant(span: Span, name: str, suggestion: str | None) -> Diagnostic:
    """A name in place of a number, which no `let` above and no parameter has."""
    return Diagnostic(
        "E014",
        span,
        f"nothing is called `{name}` here",
        "A word in place of a number is a constant that `let` has defined above.",
        did_you_mean(suggestion, f"write a number, or define it above: let {name} = …"),
        edits=replacing(span, suggestion),
    )


def unknown_table(
    span: Span, name: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    """`connect` names no table of the file."""
    listed = f"There is {enumerated(known)}." if known else "This file has no tables."
    return Diagnostic(
        "E014",
        span,
        f"no table is called `{name}`",
        "" if suggestion else listed,
        did_you_mean(suggestion, f"write it: a line `table {name}`, and rows of X and . below"),
        edits=replacing(span, suggestion),
    )


E015 = Code(
    "a division that leaves a remainder",
    "Sizes are exact: where `/` would round, the net would not be the one that was meant.",
    "input 1x28x28\nreshape 785/2\n",
)


def not_whole(span: Span, left: str, right: str) -> Diagnostic:
    """A quotient is no whole number."""
    return Diagnostic(
        "E015",
        span,
        f"{left}/{right} is not a whole number",
        "Sizes are whole numbers, and `/` must divide exactly.",
    )


def division_by_zero(span: Span) -> Diagnostic:
    """A quotient has 0 below."""
    return Diagnostic("E015", span, "this divides by zero")


E016 = Code(
    "a number out of its range",
    "A size is at least 1, a probability below 1, a stride not 0; the message says which "
    "limits hold.",
    "input 8\ndropout 1.5\n",
)


def too_many_digits(span: Span, limit: int) -> Diagnostic:
    """A number is written, or computed, with more than `limit` digits."""
    return Diagnostic(
        "E016",
        span,
        "this number is too large or too precise",
        f"A number has at most {limit} digits before and behind its point.",
    )


def out_of_range(span: Span, what: str, value: object, limits: str) -> Diagnostic:
    """A value is of the right kind, but beyond its limits."""
    return Diagnostic("E016", span, f"{what} is {value}, but must be {limits}")


def no_winograd(span: Span) -> Diagnostic:
    """`algorithm winograd` for a kernel, a stride or groups that its transforms do not have."""
    return Diagnostic(
        "E016",
        span,
        "Winograd's transforms are for 3x3 and 5x5 kernels with stride 1, neither dilated nor in "
        "groups",
        fix="leave `algorithm winograd` out, and the compiler chooses",
    )


E017 = Code(
    "an option that is given twice",
    "Only one of the two can be meant.",
    "input 1x28x28\nconv 6x5x5 stride 2 stride 3\n",
)


def option_twice(span: Span, option: str, first: Span) -> Diagnostic:
    """An option stands twice in a line."""
    return Diagnostic(
        "E017",
        span,
        f"`{option}` is given twice",
        "",
        "keep one of them",
        (Related(first, "first given here"),),
    )


def unknown_setting(name: str, known: Sequence[str], suggestion: str | None) -> str:
    """The fix of a constant to be set that no `let` of the file defines."""
    listed = f"it defines {enumerated(known)}" if known else "it defines none"
    return did_you_mean(suggestion, f"the file needs a line `let {name} = …`; {listed}")

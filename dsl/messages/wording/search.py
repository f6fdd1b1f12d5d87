"""The section `search`: places, spaces, and what trials are compared by."""

from collections.abc import Sequence

from lenet.dsl.messages.codes import TRAINED, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.messages.phrases import did_you_mean, enumerated, replacing
from lenet.dsl.syntax.tree import Span

_HELD_OUT = TRAINED.replace("data digits\n", "data digits\n  validate 20 percent\n")

E090 = Code(
    "a search over what is not there",
    "A line of `search` begins with the place whose settings are tried: a `let`, a line of a "
    "section or a word behind it, a layer's name, or a kind of layer. It has to stand in the file, "
    "where its value is the one that all others are compared with.",
    _HELD_OUT + "search\n  batch in 32 64\n",
)


def unknown_space(
    span: Span, word: str, suggestion: str | None, known: Sequence[str]
) -> Diagnostic:
    """A space names nothing of the file; `known` is all that could be named."""
    return Diagnostic(
        "E090",
        span,
        f"the file has no `{word}` to search over",
        f"There are {enumerated(known)}." if not suggestion else "",
        did_you_mean(suggestion, "name one of these"),
        edits=replacing(span, suggestion),
    )


def line_not_there(span: Span, section: str, key: str, usage: str) -> Diagnostic:
    """A space names a line that its section may have, and has not."""
    return Diagnostic(
        "E090",
        span,
        f"the section `{section}` has no line `{key}` to search over",
        "What the file says is tried as well, so it has to say something.",
        f"add a line such as `{usage}` to the section `{section}`",
    )


def no_such_value(span: Span, key: str, word: str, line: Span) -> Diagnostic:
    """A space names a word that is not behind the line's first one."""
    return Diagnostic(
        "E090",
        span,
        f"this `{key}` line has no `{word}` with a value behind it",
        "",
        f"write `{word}` there, with the value that others are to be compared with",
        (Related(line, "this line"),),
    )


def in_another_file(span: Span, name: str, file: str) -> Diagnostic:
    """A space names a layer of an imported block."""
    return Diagnostic(
        "E090",
        span,
        f"`{name}` stands in {file}, and a search changes this file only",
        "",
        "give its block a parameter, and search over what the block is used with",
    )


E091 = Code(
    "a space that cannot be searched",
    "A range goes from a smaller to a larger number, a logarithmic one from a number above 0; of "
    "several settings each is another; and it has to be clear what they are put in the place of.",
    _HELD_OUT + "search\n  rate log 0 to 1\n",
)


def empty_space(span: Span, low: str, high: str) -> Diagnostic:
    """A range has no numbers, or one."""
    fix = f"write {high} to {low}" if low != high else "write a larger number at its end"
    return Diagnostic("E091", span, f"there is nothing between {low} and {high}", "", fix)


def log_from_zero(span: Span, low: str) -> Diagnostic:
    """A logarithmic range begins with a number that has no logarithm."""
    return Diagnostic(
        "E091",
        span,
        f"a logarithmic range cannot begin with {low}",
        "It has as many numbers between 0.001 and 0.01 as between 0.01 and 0.1, and so on: it "
        "never comes to 0.",
        "begin with a small number, such as 0.0001, or leave `log` out",
    )


def choice_twice(span: Span, text: str, first: Span) -> Diagnostic:
    """A setting stands twice among those of its line."""
    return Diagnostic(
        "E091", span, f"`{text}` stands twice", "", "keep one of them",
        (Related(first, "the first is here"),),
    )  # fmt: skip


def nothing_to_choose(span: Span, key: str) -> Diagnostic:
    """A line has one setting, or none."""
    return Diagnostic(
        "E091", span, f"`{key}` has nothing to choose from", "",
        f"write at least two settings behind `{key} in`",
    )  # fmt: skip


def ambiguous_space(
    span: Span, word: str, places: Sequence[str], written: Sequence[str]
) -> Diagnostic:
    """A name means several things; `written` are those of sections, which can be told apart."""
    names = {"let": f"the `let {word}`", "layer": f"layers called `{word}`"}
    fix = f"write `{written[0]}` for that one" if written else "rename one of them"
    if written and len(written) < len(places):
        fix += ", or rename the other"
    return Diagnostic(
        "E091",
        span,
        f"`{word}` is several things in this file",
        f"It may be {' or '.join(names.get(place, f'`{place}`') for place in places)}.",
        fix,
    )


def several_lines(span: Span, key: str, second: Span) -> Diagnostic:
    """A line that is named stands several times."""
    return Diagnostic(
        "E091", span, f"there are several lines `{key}`", "",
        f"name a word of one of them, as in `{key} WORD 1 to 2`",
        (Related(second, "another one is here"),),
    )  # fmt: skip


def same_place(span: Span, title: str, first: Span) -> Diagnostic:
    """Two spaces change the same number, or the same word."""
    return Diagnostic(
        "E091", span, f"what `{title}` names is named before", "", "keep one of the two lines",
        (Related(first, "the first is here"),),
    )  # fmt: skip


def fixed_space(span: Span, section: str, key: str) -> Diagnostic:
    """A space changes what trials are compared by."""
    return Diagnostic(
        "E091",
        span,
        f"`{key}` of `{section}` is what trials are compared by",
        "With other held-out images, or another measure, two trials could not be compared.",
        "leave it as it is",
    )


def no_place(span: Span, key: str, what: str, line: Span | None) -> Diagnostic:
    """The line that is named has nothing that a setting, a number for example, could replace."""
    related = (Related(line, "this line"),) if line is not None else ()
    return Diagnostic(
        "E091", span, f"`{key}` has no {what} that this could replace", "",
        "give settings of the kind that stands there, or the rest of the line in quotation marks",
        related,
    )  # fmt: skip


def endless_grid(span: Span, title: str, sampler: str) -> Diagnostic:
    """All numbers of a range cannot be tried."""
    return Diagnostic(
        "E091",
        span,
        f"`sampler {sampler}` tries all settings, and `{title}` has no end of them",
        "",
        f"write how many are to be tried, as in `{title} 0.1 to 0.5 steps 5`, or choose another "
        "sampler",
    )


E092 = Code(
    "a search that would choose by the test images",
    "The best of many trials is partly the luckiest one: its value on the images by which it was "
    "chosen is too good. So trials are compared by images that are held out of those to train "
    "with, and the test images are left for a single measurement of the best.",
    TRAINED + "search\n  rate log 0.01 to 1\n",
)


def nothing_held_out(span: Span, data: Span) -> Diagnostic:
    """The data section holds nothing out, so that the test set validates."""
    return Diagnostic(
        "E092",
        span,
        "a search would choose by the test images",
        "Without held-out images, the test set validates, and there would be none left to tell "
        "how good the best trial is.",
        "add the line `validate 20 percent` to the section `data`",
        (Related(data, "this section"),),
        (Edit.behind(data, "\n  validate 20 percent"),),
    )


E093 = Code(
    "a search without what it needs",
    "`search` changes how a net is trained, so that the file has to say how, and what is tried.",
    _HELD_OUT + "search\n  trials 10\n",
)


def nothing_to_search(span: Span) -> Diagnostic:
    """The section names no place."""
    return Diagnostic(
        "E093",
        span,
        "the section `search` says nothing to search over",
        "",
        "add a line such as `rate log 0.001 to 1`",
    )


def search_without_train(span: Span) -> Diagnostic:
    """The file does not say how to train."""
    return Diagnostic(
        "E093",
        span,
        "a search needs a section `train`",
        "It changes how the net of this file is trained.",
        "add a section `train` with at least a line `rate 0.1`",
    )

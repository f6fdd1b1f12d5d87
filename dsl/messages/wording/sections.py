"""Lines of the sections."""

from collections.abc import Sequence

from lenet.dsl.messages.codes import NET, TRAINED, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.messages.phrases import did_you_mean, enumerated, one_of, replacing
from lenet.dsl.syntax.tree import Span

E050 = Code(
    "an unknown line of a section",
    "Each section has its own lines; `lenet explain train` lists them.",
    TRAINED + "  momentun 0.9\n",
)


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
        f"Its lines are {enumerated(known)}." if not suggestion and not instead else "",
        did_you_mean(suggestion, "use one of these" if instead is None else instead) + example,
        edits=replacing(span, suggestion),
    )


E051 = Code(
    "an unknown word in a section",
    "Datasets, optimizers, losses and metrics have fixed names.",
    NET + "data digts\n",
)


def unknown_word(
    span: Span, what: str, word: str, suggestion: str | None, known: Sequence[str],
    instead: str | None = None,
) -> Diagnostic:  # fmt: skip
    """A section's line names something that there is not; `what` is the kind of word, and `instead`
    what can be done where we have no such thing."""
    return Diagnostic(
        "E051",
        span,
        f"there is no {what} called `{word}`",
        "" if suggestion else one_of(known)[0],
        did_you_mean(suggestion, one_of(known)[1] if instead is None else instead),
        edits=replacing(span, suggestion),
    )


E052 = Code(
    "a number without its unit",
    "20 epochs and 20 iterations are very different trainings: durations and angles carry "
    "their unit.",
    TRAINED + "  stop after 20\n",
)


def missing_unit(span: Span, number: str, units: Sequence[str]) -> Diagnostic:
    """A duration or an angle is a bare number. `units` are what it may have, the usual first."""
    what = "An angle" if "degrees" in units else "A duration"
    return Diagnostic(
        "E052",
        span,
        f"{number} of what?",
        f"{what} carries its unit: {' or '.join(units)}.",
        f"write {number} {units[0]}",
        edits=(Edit.behind(span, f" {units[0]}"),),
    )


E053 = Code(
    "a section, or a line of one, that stands twice",
    "Only one of the two can be meant.",
    TRAINED + "  rate 0.2\n",
)


def key_twice(span: Span, key: str, first: Span) -> Diagnostic:
    """A line that may stand once in its section stands there again."""
    return Diagnostic(
        "E053",
        span,
        f"`{key}` stands twice",
        "",
        "keep one of them",
        (Related(first, "the first is here"),),
    )


def section_twice(span: Span, section: str, first: Span) -> Diagnostic:
    """A section stands in the file again."""
    return Diagnostic(
        "E053",
        span,
        f"there is a second section `{section}`",
        "",
        "make one section of the two",
        (Related(first, "the first is here"),),
    )


E054 = Code(
    "a section that lacks a line",
    "There is no learning rate that fits every net, so it has to be chosen; and a rate that "
    "falls to the end has to know where the end is.",
    NET + "data digits\ntrain\n  batch 32\n",
)


def missing_key(span: Span, section: str, key: str, example: str) -> Diagnostic:
    """A section lacks a line that has no default."""
    return Diagnostic(
        "E054", span, f"the section `{section}` lacks its `{key}`", "", f"add a line `{example}`"
    )


def rate_without_end(span: Span) -> Diagnostic:
    """A rate falls until the end of the training, and `stop when` alone gives none."""
    return Diagnostic(
        "E054",
        span,
        "a cosine needs a length: it falls to 0 at the end of the training",
        "But `stop when` may end it at any time, and nothing says when it ends at the latest.",
        "add a line `stop after 20 epochs` beside the `stop when`: whichever comes first",
    )


E055 = Code(
    "a line that cannot be read",
    "The message shows how such a line is written.",
    TRAINED + "  batch\n",
)


def bad_line(span: Span, key: str, usage: str) -> Diagnostic:
    """A line has too much, too little, or what it cannot take. `usage` is how it is written."""
    return Diagnostic(
        "E055", span, f"I cannot read this `{key}` line", "", f"write it like this: {usage}"
    )


def is_negative(span: Span, word: str) -> Diagnostic:
    """A number behind a word has a minus, and no number of these lines may be below 0."""
    return Diagnostic(
        "E016",
        span,
        f"the number behind `{word}` is negative",
        "No number of these lines is below 0.",
        "leave the - out",
    )


E056 = Code(
    "a momentum that the optimizer does not have",
    "`momentum 0.95 to 0.85` behind `onecycle` changes one of the optimizer's settings from step "
    "to step, so it has to be one that has such a setting.",
    NET + "data digits\ntrain\n  optimizer adagrad\n  rate 0.1 onecycle momentum 0.95 to 0.85\n",
)


def no_momentum(span: Span, optimizer: str, written: str, known: Sequence[str]) -> Diagnostic:
    """A line `rate` changes the momentum, as `written` there, of an optimizer without one; `known`
    are those that have one."""
    return Diagnostic(
        "E056",
        span,
        f"`{optimizer}` has no momentum that could change from step to step",
        f"Optimizers that have one are {enumerated(known)}.",
        f"leave `{written}` out, or choose one of these",
    )


E057 = Code(
    "a line of `data` that its source cannot follow",
    "Columns have names in tables only; the classes of pictures are their folders.",
    NET + 'data digits\n  label "digit"\n',
)


def no_columns(span: Span, key: str, kind: str, places: bool = False) -> Diagnostic:
    """A line of `data` names a column, and its source is no table."""
    return Diagnostic(
        "E057",
        span,
        f"`data {kind}` has no columns, so `{key}` has nothing to name",
        "Columns are those of a table: of `data parquet` and `data frame`.",
        "remove the line, or write `predict image`, if the net is to give its images back"
        if key == "predict" and not places
        else "remove the name",
    )


def only_for_pictures(span: Span, key: str, kind: str) -> Diagnostic:
    """A line of `data` changes pictures, and the source has arrays."""
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
    """A `label` line below data whose classes are folders."""
    return Diagnostic(
        "E057",
        span,
        "the labels of `data images` are the names of the folders",
        "",
        "remove the line",
        edits=(Edit.remove_line(span),),
    )

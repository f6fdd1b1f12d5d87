"""Metrics that cannot be measured, or not be used so."""

from lenet.dsl.messages.codes import TRAINED, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.syntax.tree import Span

E080 = Code(
    "a metric that cannot be used so",
    "Some metrics take more classes than there are, or not as many; and a table, such as that of "
    "the classes and what they are taken for, is no number: it cannot be compared with another.",
    TRAINED + "  validate top 10 every epoch\n",
)


def always_right(span: Span, metric: str, word: str, classes: int) -> Diagnostic:
    """`metric` counts as many of the likeliest classes as there are."""
    return Diagnostic(
        "E080",
        span,
        f"with {classes} classes, `{metric}` is 100% whatever the net says",
        "The right class is always among so many.",
        f"write `{word} {classes - 1}`, or fewer",
    )


def few_classes(span: Span, metric: str, least: int, classes: int, instead: str) -> Diagnostic:
    """`metric` tells something of so many classes only."""
    return Diagnostic(
        "E080",
        span,
        f"`{metric}` takes {least} classes or more, and the net has {classes}",
        "",
        f"write `{instead}`",
    )


def few_numbers(span: Span, metric: str, least: int, numbers: int, instead: str) -> Diagnostic:
    """`metric` compares the numbers of a row."""
    return Diagnostic(
        "E080",
        span,
        f"`{metric}` takes {least} numbers or more, and the net gives {numbers}",
        "It compares each step of a row with the one before.",
        f"write `{instead}`",
    )


def many_classes(span: Span, metric: str, most: int, classes: int, instead: str) -> Diagnostic:
    """What `metric` counts would be too much."""
    return Diagnostic(
        "E080",
        span,
        f"`{metric}` takes at most {most:,} classes, and the net has {classes:,}",
        "What it counts for each class is sent around at every validation.",
        f"write `{instead}`",
    )


def table_is_no_number(span: Span, line: str, metric: str, instead: str) -> Diagnostic:
    """A line that compares values names a metric that is a table."""
    return Diagnostic(
        "E080",
        span,
        f"`{line}` compares numbers, but `{metric}` is a table",
        "",
        f"write a number such as `{instead}` here; the table can stand behind `validate`",
    )


def only_tables(span: Span, metric: str, instead: str) -> Diagnostic:
    """Nothing that is validated tells which epoch was the best."""
    return Diagnostic(
        "E080",
        span,
        f"`validate {metric}` alone measures no number",
        "The best epoch is told by one: the first number of this line, unless `keep` says another.",
        f"write `validate {instead} {metric}`",
        edits=(Edit(span.line, span.column, span.line, span.column, f"{instead} ", span.file),),
    )


def class_without_quotes(span: Span, word: str) -> Diagnostic:
    """A class's name looks like a word of the language."""
    return Diagnostic(
        "E055",
        span,
        f"is `{word}` a class?",
        "A class's name stands in quotation marks; its number stands without them.",
        f'write "{word}"',
        edits=(Edit.of(span, f'"{word}"'),),
    )

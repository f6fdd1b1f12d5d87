"""What messages of several subjects say in the same words."""

from collections.abc import Sequence

from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.syntax.tree import Span


def did_you_mean(suggestion: str | None, otherwise: str) -> str:
    """The fix: a question with the suggestion, or `otherwise` where there is none."""
    return f"did you mean `{suggestion}`?" if suggestion else otherwise


def replacing(span: Span, suggestion: str | None) -> tuple[Edit, ...]:
    """Put the suggestion where the wrong word stands."""
    return (Edit.of(span, suggestion),) if suggestion else ()


_MOST_WORDS = 100  # that a message lists


def enumerated(words: Sequence[str]) -> str:
    """Words with commas between them; of a very long list, the first 100 and how many more."""
    more = len(words) - _MOST_WORDS
    return ", ".join([*words[:_MOST_WORDS], *([f"… and {more:,} more"] if more > 0 else [])])


def one_of(words: Sequence[str]) -> tuple[str, str]:
    """What there is, and what to do about it."""
    if len(words) == 1:
        return f"There is only {words[0]}.", f"write `{words[0]}`"
    return f"There are {enumerated(words)}.", "use one of these"


def already_reported(span: Span) -> Diagnostic:
    """What follows from a mistake that was reported where it began; the checker drops it."""
    return Diagnostic("", span, "this follows from another mistake")


def counted(count: int, what: str) -> str:
    """`1 column`, `2 columns`."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")

"""Text in columns of a terminal."""

from lenet.dsl.messages.diagnostics import cells


def elided(text: str, most: int) -> str:
    """At most so many columns of a clean text, with its end cut off where it has more."""
    if cells(text) <= most:
        return text
    while cells(text) > most - 1:
        text = text[:-1]
    return f"{text}…"


def left(text: str, width: int) -> str:
    """Filled up with spaces behind it."""
    return text + " " * (width - cells(text))


def right(text: str, width: int) -> str:
    """Filled up with spaces before it."""
    return " " * (width - cells(text)) + text

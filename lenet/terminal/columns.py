"""Text in columns of a terminal."""

from lenet.dsl.messages.diagnostics import cells


def elided(text: str, most: int) -> str:
    """At most so many columns of a clean text, of which the middle is left out where it has more:
    names that are alike often differ at their ends."""
    if cells(text) <= most:
        return text
    behind = ""
    while len(behind) < len(text) and cells(text[len(text) - len(behind) - 1 :]) <= (most - 1) // 2:
        behind = text[len(text) - len(behind) - 1 :]
    before = text
    while cells(before) > most - 1 - cells(behind):
        before = before[:-1]
    return f"{before}…{behind}"


def left(text: str, width: int) -> str:
    """Filled up with spaces behind it."""
    return text + " " * (width - cells(text))


def right(text: str, width: int) -> str:
    """Filled up with spaces before it."""
    return " " * (width - cells(text)) + text

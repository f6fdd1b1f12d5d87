"""`lenet explain`: the reference on the command line."""

from typing import Annotated

import typer

from lenet.terminal.console import say_lines


def explain_word(
    word: Annotated[
        str | None,
        typer.Argument(metavar="[WORD]", help="A layer, option, section or code, such as E012."),
    ] = None,
) -> None:
    """Explain a layer, an option, a section or a code; without a word, list them all."""
    from lenet.editor.explain import explain

    say_lines(explain(word))

"""`lenet shapes`: every layer's shape and size."""

from typing import Annotated

import typer

from lenet.commands import Json, Set, Spec, load_network
from lenet.shapes import folded, shapes, shapes_text
from lenet.terminal.console import say_json, say_lines


def show_shapes(
    spec: Spec,
    as_json: Json = False,
    set_: Set = None,
    expand: Annotated[
        bool, typer.Option("--expand", help="Show the layers inside blocks and repeats.")
    ] = False,
) -> None:
    """Show every layer's shape and size, a block or repeat in one row."""
    graph = load_network(spec, set_).graph
    table = shapes(graph, str(spec))
    if as_json:
        say_json(table)
    else:
        say_lines(shapes_text(table, None if expand else folded(graph)))

"""`lenet draw`: the net as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Set, Spec, load_network
from lenet.terminal.console import note


def draw_file(
    spec: Spec,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="Where to; SPEC.svg if absent."),
    ] = None,
    set_: Set = None,
) -> None:
    """Draw the net as an SVG picture, with the shapes; what a repeat repeats is drawn once."""
    if output is not None and output.suffix.lower() != ".svg":
        named = output.with_suffix(".svg")
        raise typer.BadParameter(f"lenet draw writes SVG, not {output.name}: name it {named}")

    from lenet.pages.draw import draw_svg
    from lenet.runtime.machine.files import write_atomically

    network = load_network(spec, set_)
    path = output or Path(spec.name).with_suffix(".svg")
    write_atomically(path, draw_svg(network.graph, spec.name).encode())
    note(f"wrote {path}")

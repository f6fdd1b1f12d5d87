"""`lenet data show`: the images of a file, before it is trained."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.commands import Data, Json, Set, Spec, load_network
from lenet.terminal.console import note, say_json, say_lines

if TYPE_CHECKING:
    from lenet.terminal.progress import Lines


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at the data of a file, before it is trained.",
)


@app.callback()
def _group() -> None:
    """Has no options."""


@app.command("show")
def show_data(
    spec: Spec,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Where to; NAME.data.png if absent.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="A seed in place of the file's: other images."),
    ] = None,
    data: Data = None,
    set_: Set = None,
    as_json: Json = False,
) -> None:
    """Show the images of a file: on a sheet, and counted.

    Writes a PNG with some images of each class as they are and, where the file says `augment`, as
    the first epochs of a training have them. Prints how many images of each class there are, the
    mean, the standard deviation and the range of each channel, and warns of what is odd.
    """
    if output is not None and output.suffix.lower() != ".png":
        named = output.with_suffix(".png")
        raise typer.BadParameter(f"lenet data show writes PNG, not {output.name}: name it {named}")
    network = load_network(spec, set_)

    from lenet.dsl.training.values import Train
    from lenet.runtime.machine.files import write_atomically
    from lenet.shown_data import ShownData, data_sheet, data_text
    from lenet.terminal.progress import warning_lines
    from lenet.training_images import training_images

    with _display(as_json) as watch:
        dataset = training_images(network, data, watch.download)
    shown = ShownData.of(network.graph, dataset)
    path = output or Path(f"{spec.stem}.data.png")
    chosen = (network.graph.train or Train()).seed if seed is None else seed
    write_atomically(path, data_sheet(shown, spec.name, chosen))
    if as_json:
        say_json({"spec": str(spec), **shown.facts(), "png": str(path)})
    else:
        say_lines(data_text(shown))
    for warning in shown.warnings:
        note(*warning_lines(warning))
    note(f"wrote {path}")


def _display(as_json: bool) -> "Lines":
    """How far a download is, to standard error."""
    from lenet.terminal.progress import Bars, Lines
    from lenet.terminal.watching import Silent

    if as_json:
        return Silent()
    return Bars(None) if sys.stderr.isatty() else Lines(as_json=False)

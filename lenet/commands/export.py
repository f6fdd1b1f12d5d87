"""`lenet export`: a model for programs that know nothing of lenet."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Model
from lenet.terminal.console import note


def export(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="Where to; MODEL.onnx if absent."),
    ] = None,
) -> None:
    """Write a model as an ONNX file.

    It takes images or rows as the data had them, and gives what lenet predict shows. It needs the
    package onnx: pip install 'lenet[onnx]'.
    """
    if output is not None and output.suffix.lower() != ".onnx":
        raise typer.BadParameter(f"-o: name a file that ends in .onnx, not {output}")

    from lenet.runtime.models.model import Model as Trained

    trained = Trained.open(model)
    path = output or model.with_suffix(".onnx")
    trained.to_onnx(path)
    note(f"wrote {path}")

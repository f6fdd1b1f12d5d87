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
        named = output.with_suffix(".onnx")
        raise typer.BadParameter(f"lenet export writes ONNX, not {output.name}: name it {named}")

    from lenet.runtime.models.model import Model as Trained

    path = output or model.with_suffix(".onnx")
    Trained.open(model).to_onnx(path)
    note(f"wrote {path}")

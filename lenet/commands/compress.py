"""`lenet compress`: a smaller net that is nearly as good."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Data, Json, Model
from lenet.terminal.console import say, say_json


def compress(
    model: Model,
    int8: Annotated[
        bool, typer.Option("--int8", help="Weights of one byte, and kernels of bytes.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Where to [MODEL-int8.safetensors].")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a trained net smaller.

    With --int8, the ranges of what its layers see are found with some of its training images. The
    model is one like any other, and is compared with what it was on the test images.
    """
    if not int8:
        raise typer.BadParameter("say how: --int8")
    to_int8(model, output, data, as_json)


def to_int8(path: Path, output: Path | None, data: Path | None, as_json: bool) -> None:
    """A model of int8 weights of the model in a file, and how it compares."""
    from lenet.quantizing import quantized, quantized_lines, usual_path
    from lenet.runtime.compressing.measured import as_facts, measured
    from lenet.runtime.models.model import Model as Trained
    from lenet.runtime.resolve import evaluation_images
    from lenet.terminal.compressing import compared_lines

    to = output or usual_path(path)
    if to.suffix != ".safetensors":
        raise typer.BadParameter(f"-o: name a file that ends in .safetensors, not {to}")
    large = Trained.open(path)
    dataset = evaluation_images(large.graph, data, large.classes, large.features)
    small = quantized(large, dataset)
    if not as_json:
        for line in quantized_lines(small, dataset):
            say(line)
    before, after = measured((large, small), dataset)
    small.save(to)
    if as_json:
        layers = list(small.quantized)
        said = {"model": str(to), "digest": small.digest, "int8": layers}
        return say_json({**said, **as_facts(before, after)})
    for line in compared_lines(small, before, after):
        say(line)
    say(f"model    {to}")
    say(f"next     {shlex.join(['lenet', 'evaluate', str(to)])}")
    return None

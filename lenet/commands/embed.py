"""`lenet embed`: the vectors that a net has learnt for words or categories."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Model
from lenet.terminal.console import note


def embed(
    model: Model,
    name: Annotated[
        str | None, typer.Argument(metavar="[LAYER]", help="An `embed`; the only one by default.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="Where to; LAYER.parquet beside the model."),
    ] = None,
) -> None:
    """Write the vectors of an embedding as a parquet file: columns `entry` and `vector`."""
    from lenet.runtime.models.model import Model as Trained
    from lenet.runtime.models.vectors import vectors_of, write_vectors

    found = vectors_of(Trained.open(model), name)
    path = output or model.with_name(f"{found.layer}.parquet")
    write_vectors(found, path)
    note(f"wrote {path}: {len(found.entries):,} vectors of {found.values.shape[1]:,} values")

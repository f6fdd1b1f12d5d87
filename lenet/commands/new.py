"""`lenet new`: a first spec for data."""

import os
from pathlib import Path
from typing import Annotated

import typer

from lenet.dsl.errors import LenetError
from lenet.terminal.console import note


def new(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A csv or parquet file, or a folder of pictures.")
    ],
    predict: Annotated[
        str | None, typer.Option("--predict", metavar="COLUMN", help="What is to be told.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="Where to; the data's name with .lenet if absent."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Look at data, and write a readable first spec for them.

    It says which columns are what, which kind of answer is asked for, which rows validate, and has
    a modest net. What was seen, and what is left out and why, is printed. It is a beginning.
    """
    path = output or Path(f"{data.resolve().name.split('.')[0] or 'net'}.lenet")
    if path.suffix != ".lenet":
        raise typer.BadParameter(f"-o: name a file that ends in .lenet, not {path}")
    if path.exists() and not force:
        raise LenetError(f"there is a file {path} already", "", "name another with -o, or --force")

    from lenet.proposed import proposed
    from lenet.runtime.machine.files import write_atomically

    written = Path(os.path.relpath(data, path.parent)).as_posix()
    found = proposed(data, predict, written)
    for line in found.said:
        note(line)
    write_atomically(path, found.text.encode())
    note(f"wrote {path}", f"next: lenet train {path} --engine local -o run")

"""The subcommands, one a file, and the arguments that they share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lenet.api import Network, load, read_settings
from lenet.dsl.errors import LenetError

Spec = Annotated[Path, typer.Argument(metavar="FILE", help="A .lenet file.")]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model.safetensors.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="A folder with the data's files.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another value for a `let` of the file."),
]


def load_network(spec: Path, settings: list[str] | None) -> Network:
    """The net of a file, with the values of `--set`."""
    return load(spec, read_pairs(settings))


def spec_files(paths: list[Path]) -> Iterator[Path]:
    """Files as they are, and the .lenet files of folders in their order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(path.rglob("*.lenet"))
        if not found:
            raise LenetError(f"the folder {path} has no .lenet files")
        yield from found


def read_pairs(pairs: list[str] | None) -> dict[str, Any]:
    """The values of `--set NAME=VALUE`, by name."""
    values = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"--set takes NAME=VALUE, not {pair!r}")
        values[name.strip()] = value.strip()
    return read_settings(values)

"""`lenet forecast`: what comes next in the series of a table."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Json, Model
from lenet.terminal.console import say, say_json


def forecast(
    model: Model,
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A csv or parquet file with the series so far.")
    ],
    ahead: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many steps; beyond what the net tells, it goes on from its own answers.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print what a model of series expects next, as comma-separated values.

    Each series of the table is continued behind its last row; the steps count from 1. What is
    `known` of them stands in further rows, whose other columns are empty.
    """
    from lenet.runtime.data.raw_rows import read_table
    from lenet.runtime.models.forecast import forecasts
    from lenet.runtime.models.model import Model as Trained

    found = forecasts(Trained.open(model), read_table(table), ahead)
    if not as_json:
        say(",".join(("series", "step", "time", *map(_quoted, found.columns))))
    for series in found.series:
        for number, values in enumerate(series.values.T.tolist(), 1):
            time = series.time(number)
            if as_json:
                told = dict(zip(found.columns, values, strict=True))
                say_json({"series": series.name, "step": number, "time": time, "values": told})
            else:
                row = (f"{value:.6g}" for value in values)
                say(",".join((_quoted(series.name), str(number), time, *row)))


def _quoted(name: str) -> str:
    return f'"{name.replace(chr(34), chr(34) * 2)}"' if set(name) & set(',"\n') else name

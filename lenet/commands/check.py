"""`lenet check`: the mistakes of files, all at once."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dsl.check import Checked, check
from dsl.diagnostics import read_source
from dsl.errors import LenetError
from lenet.commands import Json, Set, read_pairs
from lenet.console import show_diagnostics, show_error


def check_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="One or more files.")],
    as_json: Json = False,
    set_: Set = None,
) -> None:
    """Find all mistakes of .lenet files.

    The exit code is 1 if there is one.
    """
    settings = read_pairs(set_)
    failed = False
    for path in files:
        try:
            source = read_source(path)
            checked = check(source, settings)
        except LenetError as error:
            show_error(error)
            failed = True
            continue
        failed = failed or checked.graph is None
        if as_json:
            for diagnostic in checked.diagnostics:
                print(json.dumps(diagnostic.as_dict(str(path)), ensure_ascii=False))
        else:
            show_diagnostics(str(path), source, checked.diagnostics)
            print(f"{path}: {_verdict(checked)}")
    if failed:
        raise typer.Exit(1)


def _verdict(checked: Checked) -> str:
    counts = {"error": 0, "warning": 0}
    for diagnostic in checked.diagnostics:
        counts[diagnostic.severity] += 1
    words = [f"{n} {what}{'s' if n > 1 else ''}" for what, n in counts.items() if n]
    if checked.graph is None:
        return ", ".join(words)
    return ", ".join(["ok", *words, f"{checked.graph.parameter_count:,} parameters"])

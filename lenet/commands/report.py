"""`lenet report`: a page about a run, or about several side by side."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Data
from lenet.terminal.console import note


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Folders of runs.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", metavar="FILE", help="Where to; RUN/report.html, or report.html for several."
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Write a page about a run: curves, mistakes, what decided, the net, how to repeat it.

    It is one file, which needs no other and no network. Of several runs, it shows what differs
    and their courses in the same pictures.
    """
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"-o: name a file that ends in .html, not {output}")
    if data is not None and len(runs) > 1:
        raise typer.BadParameter("--data is for one run: of several, no images are looked at")

    from lenet.reporting import REPORT, report_of_runs
    from lenet.runtime.machine.files import write_atomically

    page = report_of_runs(runs, data, lambda text: note(f"warning: {text}"))
    path = output or (runs[0] / REPORT if len(runs) == 1 else Path(REPORT))
    write_atomically(path, page.encode())
    note(f"wrote {path}")

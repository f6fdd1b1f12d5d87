"""`lenet search`: try settings of a file, and write out the best."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.api import Network
from lenet.commands import Data, Json, Set, load_network
from lenet.commands.train import check_options
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import folds_of, is_folded
from lenet.parameters import command_takes_options
from lenet.runtime.options import Options
from lenet.searching import WITHOUT
from lenet.terminal.console import note, say, say_json, show_diagnostics

if TYPE_CHECKING:
    from lenet.runtime.search.journal import Journal
    from lenet.terminal.searching import Trials


@command_takes_options(before="set_", without=WITHOUT)
def search(
    spec: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A .lenet file with a section search.")
    ] = None,
    data: Data = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="DIR", help="The search's folder [runs/NAME-search-DATE-TIME]."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Go on with the search in DIR."),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, metavar="N", help="Trials that run at once.")
    ] = 1,
    trials: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many, in place of the file's.")
    ] = None,
    set_: Set = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the search in DIR.")] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Try settings of a net, and find the best.

    The file's section `search` says which: `rate log 0.001 to 1`. Trials are compared by
    held-out images, never by the test images; those that lag behind are stopped early. What is
    found is the same however many trials run at once, and after a kill. The folder gets the best
    file, its model, a picture, a report, TensorBoard's HParams, and what it needs to go on.
    """
    from lenet.searching import run_search
    from lenet.terminal.progress import Lines
    from lenet.terminal.searching import Trials

    given = {name: value for name, value in options.items() if value is not None}
    check_options(given, resume is not None)
    if (spec is None) == (resume is None):
        raise typer.BadParameter("name a FILE, or with --resume the folder of a search")
    if resume and (output or set_ or force):
        raise typer.BadParameter("--resume goes on with the search as it is, without -o or --set")
    begun = _begun(spec, resume, output, set_, given)
    network, folder, data = begun.network, begun.folder, data or begun.data
    chosen = Options(**begun.options, folder=folder, overwrite=force, resume=resume is not None)
    display = Trials(Lines(as_json))
    _introduce(network, display, as_json)
    try:
        with _told_how_to_go_on(folder, begun.options, at_once):
            found = run_search(
                network, data, None, chosen, begun.journal, at_once, trials, display.take,
                display.trial, display.lines.download,
            )  # fmt: skip
    finally:
        if output is None and not resume:
            with suppress(OSError):  # those of a search that has not begun are empty
                folder.rmdir()
                folder.parent.rmdir()
    _conclude(found, folder, as_json)


@dataclass(frozen=True)
class _Begun:
    """What is searched, where to, and what a search that goes on was told before."""

    network: Network
    folder: Path
    options: dict[str, Any]
    data: Path | None = None
    journal: "Journal | None" = None


def _begun(
    spec: Path | None, resume: Path | None, output: Path | None, set_: list[str] | None,
    given: dict[str, Any],
) -> _Begun:  # fmt: skip
    from lenet.runtime.records.run_folder import new_folder
    from lenet.searching import go_on

    if resume is not None:
        network, again, journal = go_on(resume)
        data = journal.about["data"]
        return _Begun(network, resume, {**again, **given}, Path(data) if data else None, journal)
    assert spec is not None
    network = load_network(spec, set_)
    folder, elsewhere = (output, "") if output else new_folder(f"{spec.stem}-search")
    if elsewhere:
        note(f"{elsewhere}: the search goes to {folder}")
    return _Begun(network, folder, given)


def _introduce(network: Network, display: "Trials", as_json: bool) -> None:
    graph = network.graph
    show_diagnostics(str(network.path), graph.source, network.warnings, graph.imports)
    if as_json or graph.search is None:
        return
    display.lines.say(f"{network.path.name}: {network.parameter_count:,} parameters")
    for space in graph.search.spaces:
        display.lines.say(f"  {space.title}: {space}")
    if is_folded(graph):
        display.lines.say(f"trials are compared by the mean over {folds_of(graph).count} folds")


@contextmanager
def _told_how_to_go_on(folder: Path, given: Mapping[str, Any], at_once: int) -> Iterator[None]:
    """Where what happens inside is stopped, and has begun."""
    again = f"go on with: {_again(folder, given, at_once)}"
    try:
        yield
    except KeyboardInterrupt:
        if _has_begun(folder):
            note(again)
        raise
    except LenetError as error:
        if not error.fix and _has_begun(folder):
            error.fix = f"then {again}"
        raise


def _has_begun(folder: Path) -> bool:
    from lenet.runtime.search.journal import NAME

    return (folder / NAME).exists()


def _again(folder: Path, given: Mapping[str, Any], at_once: int) -> str:
    """The command that goes on with a search, on the same engine."""
    words = ["lenet", "search", "--resume", str(folder)]
    for name in ("engine", "master", "threads"):
        value = given.get(name)
        if value not in (None, getattr(Options, name)):
            words += [f"--{name}", str(value)]
    return shlex.join([*words, *(["--at-once", str(at_once)] if at_once > 1 else [])])


def _conclude(found: Any, folder: Path, as_json: bool) -> None:
    from lenet.reporting import PICTURE, REPORT
    from lenet.runtime.search.kept import FILE, MODEL
    from lenet.terminal.searching import facts, found_lines

    picture, page = folder / PICTURE, folder / REPORT
    if as_json:
        best = facts(found.best, found) if found.best is not None else None
        done = {"event": "done", "metric": found.metric, "best": best, "svg": str(picture)}
        done["report"] = str(page) if page.exists() else None
        files = {"file": str(folder / FILE)} if best else {}
        files |= {"model": str(folder / MODEL)} if found.model is not None else {}
        say_json({**done, **files})
    else:
        for line in found_lines(found):
            say(line)
    if found.best is None:
        raise LenetError("no trial came to its end", "", "look at the reasons above")
    if not as_json:
        say(f"file     {folder / FILE}")
        if found.model is not None:
            say(f"model    {folder / MODEL}{', of all rows' if found.folds else ''}")
        say(f"picture  {picture}")
        if page.exists():
            say(f"report   {page}")
        if found.model is not None:
            say(f"next     {shlex.join(['lenet', 'evaluate', str(folder / MODEL)])}")
        say(f"         {shlex.join(['tensorboard', '--logdir', str(folder)])}")

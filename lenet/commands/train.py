"""`lenet train`: a run from a file to a model."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.api import Network, load_again
from lenet.commands import Data, Json, Set, load_network, read_pairs
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import is_folded
from lenet.parameters import command_takes_options
from lenet.runtime.options import Options, described_options
from lenet.terminal.concluding import conclude_run, evaluation, say_next
from lenet.terminal.console import note, show_diagnostics

if TYPE_CHECKING:
    from lenet.runtime.spark.ahead import Ahead
    from lenet.terminal.progress import Lines


@command_takes_options(before="set_")
def train(
    spec: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A .lenet file; without one, the 8x8 digits."),
    ] = None,
    data: Data = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="DIR", help="The run's folder [runs/NAME-DATE-TIME]."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Go on with the run in DIR, from its newest checkpoint."),
    ] = None,
    set_: Set = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html into the run's folder.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the run in DIR.")] = False,
    as_json: Json = False,
    log: Annotated[
        str | None,
        typer.Option(metavar="json", help="Log every event as JSON to standard error."),
    ] = None,
    **options: Any,
) -> None:
    """Train a net on Spark.

    The run's folder gets the model, its history, TensorBoard files, checkpoints, report.html, a
    page about it all, and model-card.md.
    """
    from lenet.runtime.records.run_folder import check_folder, new_folder

    given = {name: value for name, value in options.items() if value is not None}
    _check_usage(spec, output, resume, given, set_, log)
    if resume:
        network, about = load_again(resume, read_pairs(set_))
        if spec is not None:  # with other settings than it had
            network = load_network(spec, set_)
        data, given, folder = data or about.data, {**about.options, **given}, resume
    else:
        path = spec or Path(__file__).parents[1] / "specs" / "digits.lenet"
        network = load_network(path, set_)
        if output is not None:
            check_folder(output, force)
        folder, elsewhere = (output, "") if output else new_folder(path.stem)
        if elsewhere:
            note(f"{elsewhere}: the run goes to {folder}")
    chosen = Options(
        **given, data=data, folder=folder, overwrite=force, resume=resume is not None
    )  # fmt: skip
    began = time.time()
    kept: list[str] = []

    def again() -> str:
        elsewhere = kept[-1] if kept else ""
        return f"go on with: {_again(elsewhere, folder, given)}"

    work = _cross_validate if is_folded(network.graph) else _train
    with ExitStack() as last:  # what ends behind the last line
        try:
            conclude = work(network, chosen, as_json, log, kept, report, last)
        except KeyboardInterrupt:
            if kept or _has_begun(folder, began):
                note(again())
            raise
        except LenetError as error:
            there = chosen.checkpoints or any((folder / "checkpoints").glob("iteration-*"))
            if not error.fix and (kept or there and (resume or _has_begun(folder, began))):
                error.fix = f"then {again()}"
            raise
        finally:
            if output is None and not resume:
                with suppress(OSError):  # those of a run that has not begun are empty
                    folder.rmdir()
                    folder.parent.rmdir()
        conclude()


def _again(elsewhere: str, folder: Path, given: Mapping[str, Any]) -> str:
    """The command that goes on with a run, on the same engine; from `elsewhere`, where its
    checkpoints are not in their own place."""
    words = ["lenet", "train", "--resume", elsewhere or str(folder)]
    for name in ("engine", "master", "threads", "checkpoints"):
        value = given.get(name)
        if value in (None, getattr(Options, name)) or (name == "checkpoints" and elsewhere):
            continue
        words += [f"--{name}", str(value)]
    return shlex.join(words)


def _has_begun(folder: Path, since: float) -> bool:
    """Whether this run, and not one before it, has written its records into the folder."""
    from lenet.runtime.records.run_folder import RUNS

    known = [folder / name for name in RUNS if (folder / name).exists()]
    return any(about.stat().st_mtime >= since - 1 for about in known)


def _check_usage(
    spec: Path | None, output: Path | None, resume: Path | None, given: Mapping[str, Any],
    set_: list[str] | None, log: str | None,
) -> None:  # fmt: skip
    check_options(given, resume is not None)
    if resume and output:
        raise typer.BadParameter("--resume goes on in the run's own folder, without -o")
    if log not in (None, "json"):
        raise typer.BadParameter(f"--log takes json, not {log!r}")


def check_options(given: Mapping[str, Any], resumes: bool) -> None:
    """BadParameter for options of a run that have no such value, or do not go together; LenetError
    where their engine is not installed."""
    for name, (_, described) in described_options().items():
        if described.choices and given.get(name, described.choices[0]) not in described.choices:
            known = ", ".join(described.choices)
            raise typer.BadParameter(f"there is no {name} {given[name]!r}; there is {known}")
    engine, master, threads = (given.get(name) for name in ("engine", "master", "threads"))
    if threads and engine != "local" and not resumes and (master or "local").startswith("local"):
        raise typer.BadParameter("with Spark on this machine, write --master local[N]")
    if master and engine == "local":
        raise typer.BadParameter("--master is for Spark; --engine local takes --threads")
    if not resumes:
        Options(**given)  # LenetError for what cannot be, before a folder is made


@contextmanager
def _watched(
    network: Network, options: Options, as_json: bool, log: str | None
) -> "Iterator[Lines]":
    """What shows the progress of a run."""
    from lenet.dsl.lower.reader import Duration
    from lenet.terminal.progress import Bars, JsonLog, Lines

    graph, epochs = network.graph, options.epochs
    show_diagnostics(str(network.path), graph.source, network.warnings, graph.imports)
    stop = Duration(epochs, "epochs") if epochs else graph.train.stop if graph.train else None
    watch = Lines(as_json)
    if log:
        watch = JsonLog(as_json)
    elif sys.stderr.isatty() and not as_json:
        watch = Bars(stop)
    with watch:
        if not as_json:
            watch.say(f"{network.path.name}: {network.parameter_count:,} parameters")
        yield watch


def _train(
    network: Network, options: Options, as_json: bool, log: str | None, kept: list[str],
    report: bool, last: ExitStack,
) -> Callable[[], None]:  # fmt: skip
    """Train, and return what tells of the end; `kept` gets where the newest checkpoint is, if it is
    not in its own place, or "". What is to end then goes onto `last`."""
    started = time.perf_counter()
    model, page = train_shown(network, options, as_json, log, kept, report, last)
    assert options.folder is not None
    seconds = time.perf_counter() - started
    return partial(
        conclude_run, model, seconds, network, options.data, options.folder, page, as_json
    )


def train_shown(
    network: Network, options: Options, as_json: bool, log: str | None, kept: list[str],
    report: bool, last: ExitStack,
) -> tuple[Any, Path | None]:  # fmt: skip
    """Train, and show how it goes: the model, and where the report of the run is, if there is one.
    `kept` and `last` get what they do in _train."""
    from lenet.runtime.spark.ahead import session_ahead

    ahead = last.enter_context(session_ahead(f"lenet train {network.path.name}", options))
    return _train_shown(network, options, as_json, log, kept, report, ahead)


def _train_shown(
    network: Network, options: Options, as_json: bool, log: str | None, kept: list[str],
    report: bool, ahead: "Ahead | None",
) -> tuple[Any, Path | None]:  # fmt: skip
    """See train_shown. What is imported here takes longer than Java does."""
    from lenet.reporting import Closing
    from lenet.runtime.events import CheckpointKept, Event, Warned
    from lenet.runtime.resolve import resolve_data
    from lenet.runtime.run import train_model
    from lenet.terminal.progress import Bars

    graph = network.graph
    with _watched(network, options, as_json, log) as watch:
        source = resolve_data(
            graph, network.path, options.data, watch.download, options.engine, options.memory
        )
        if isinstance(watch, Bars) and options.engine == "spark":
            watch.say("Spark is starting …")

        wanted = graph if report else None
        closing = Closing(lambda text: watch(Warned(text)), wanted, source)

        def take(event: Event) -> None:
            closing.take(event)
            if isinstance(event, CheckpointKept):
                kept[:] = [event.elsewhere]
            watch(event)

        model = train_model(
            graph, network.path, source, options, network.settings, take, ahead=ahead
        )
        return model, closing.write(model, options.folder, source, report)


def _cross_validate(
    network: Network, options: Options, as_json: bool, log: str | None, kept: list[str],
    report: bool, _: ExitStack,
) -> Callable[[], None]:  # fmt: skip
    """The same of a file that says `folds`; a checkpoint of any of its trainings is `kept`."""
    from lenet.folds import run_folds
    from lenet.runtime.events import CheckpointKept, Event
    from lenet.terminal.folds import conclude_folds

    started = time.perf_counter()
    with _watched(network, options, as_json, log) as watch:

        def take(event: Event) -> None:
            if isinstance(event, CheckpointKept):
                kept[:] = [""]
            watch(event)

        found = run_folds(network, options.data, None, options, take, watch.download, report)
    assert options.folder is not None
    folder, seconds = options.folder, time.perf_counter() - started

    def conclude() -> None:
        conclude_folds(found, seconds, folder, as_json)
        if not as_json:
            tested = found.model is not None and found.model.history[-1]["validation"]
            file = folder / "model.safetensors"
            say_next([evaluation(network, options.data, file) if tested else ""], folder)

    return conclude

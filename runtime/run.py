"""A whole run: data, normalization, engine, records, the model."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.runtime.data import Dataset
from lenet.runtime.engine import on_engine, opened_session
from lenet.runtime.events import Event, Predictions, Warned, Watch
from lenet.runtime.guesses import guesses_of
from lenet.runtime.look import odd_things, summary
from lenet.runtime.machine.environment import environment
from lenet.runtime.machine.interrupts import interruptible
from lenet.runtime.make_job import make_job
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_facts import brief
from lenet.runtime.options import Options
from lenet.runtime.records.checkpoint import Checkpoints, Folder, Memory, Store
from lenet.runtime.records.records import Records
from lenet.runtime.records.rescue import Rescue
from lenet.runtime.records.run_folder import check_folder, check_goes_on, claimed
from lenet.runtime.records.supervisor import Desk
from lenet.runtime.resolve import Deferred
from lenet.runtime.resumed import Before, before, taken
from lenet.runtime.start_from import first_state, starting_weights
from lenet.runtime.teaching import model_of_teacher
from lenet.runtime.told import told
from lenet.runtime.training.importance import weighted
from lenet.runtime.training.job import Job
from lenet.runtime.training.source import InMemory, Source, check_source
from lenet.runtime.training.trained import Trained
from lenet.runtime.verdict import verdict

if TYPE_CHECKING:
    from lenet.runtime.spark.ahead import Ahead
    from lenet.runtime.spark.session import SparkSession


def train_model(
    graph: Graph,
    spec: Path,
    data: Dataset | Deferred,
    options: Options,
    settings: Mapping[str, Fraction] | None = None,
    watch: Watch | None = None,
    given: bool = False,
    may_lack_tests: bool = False,
    ahead: "Ahead | None" = None,
) -> Model:
    """Train and return the model; writes the run's folder where `options` names one. Data that a
    program has `given`, and the file does not name, need no images to validate with; nor do others
    that `may_lack_tests`. The session that Spark trains in may have begun to start `ahead`."""
    graph = told(graph, spec, options)
    folders = (options.folder, _checkpoint_folder(options))
    with interruptible(then_die=True), claimed(folders[0]) as lock:
        if options.resume:
            check_goes_on(options.folder, folded=False)
        elif options.folder:
            check_folder(options.folder, options.overwrite)
        held = lock.held if lock else lambda: True
        with claimed(folders[1]):
            return _train(
                graph, spec, data, options, settings or {}, watch, given, held, may_lack_tests,
                ahead,
            )  # fmt: skip


def _train(
    graph: Graph, spec: Path, data: Dataset | Deferred, options: Options,
    settings: Mapping[str, Fraction], watch: Watch | None, given: bool, held: Callable[[], bool],
    may_lack_tests: bool, ahead: "Ahead | None",
) -> Model:  # fmt: skip
    if isinstance(data, Deferred) and options.engine == "local":
        raise LenetError("the local engine does not read DataFrames", "", 'use engine="spark"')
    assert graph.train is not None
    about = about_run(graph, spec, options, settings, given)
    records = Records(options.folder, graph, about, options.resume, held)
    predictions: Predictions | None = None

    def report(event: Event) -> None:
        nonlocal predictions
        if isinstance(event, Predictions):
            predictions = event
        records.take(event)
        if watch:
            watch(event)

    may_lack = (given or may_lack_tests) and not graph.train.stop_when
    here = InMemory.of(data) if isinstance(data, Dataset) else None
    if here is not None:  # its mistakes are found before Spark starts
        check_source(graph, here, may_lack)
        if ahead is not None:
            ahead.tell(weighted(graph, here), here.dtype)
    model_of_teacher(graph, spec)  # and those of the teacher
    # And those of what the training begins with; who goes on may have lost the file.
    begin = None if options.resume else starting_weights(graph, spec, report)
    size = here.train.pixels.nbytes + here.test.pixels.nbytes if here else 0
    opened = opened_session(size, f"lenet train {spec.name}", options, report, ahead=ahead)
    with opened as session, _opened(here, data, session) as source:
        check_source(graph, source, may_lack)
        graph = weighted(graph, source)
        report(replace(summary(graph, source), guesses=guesses_of(graph, source)))
        for odd in odd_things(graph, source):
            report(odd)
        job, model = make_job(graph, spec, source, settings)

        def job_of(old: Graph) -> Job:
            return make_job(weighted(old, source), spec, source, settings)[0]

        others = before(graph, job, options, settings, job_of)
        rescue = Rescue(records, job.digest, report)
        with records:
            trained = _run(job, source, session, options, report, records, rescue, begin, others)
        for odd in verdict(graph, source, records.history, predictions):
            report(odd)
    history = tuple(records.history)
    model = replace(model, tensors=trained.tensors, history=brief(history))
    models = {"model": model}
    if trained.best is not None:
        until = tuple(e for e in history if e["iteration"] <= trained.iteration)
        models["best"] = replace(model, tensors=trained.best, history=brief(until))
        if graph.train is not None and graph.train.keep:
            models["model"] = models["best"]
    if options.folder:
        rescue.save(models)
    return models["model"]


def about_run(
    graph: Graph, spec: Path, options: Options, settings: Mapping[str, Fraction], given: bool
) -> dict[str, Any]:
    """What is kept of a run for who goes on with it; see `read_about`."""
    return {
        "spec": str(spec.absolute()),
        "source": graph.source,
        "imports": dict(graph.imports),
        "settings": {name: str(value) for name, value in settings.items()},
        "data": str(options.data.absolute()) if options.data else None,
        "epochs": options.epochs,
        "engine": options.engine,
        "seed": options.seed,
        "given": given,
        "environment": environment(),
    }


@contextmanager
def _opened(
    here: Source | None, data: Dataset | Deferred, session: "SparkSession | None"
) -> Iterator[Source]:
    if isinstance(data, Dataset):
        assert here is not None
        yield here
        return
    assert session is not None
    source = data.open(session)
    try:
        yield source
    finally:
        source.close()


def _run(
    job: Job,
    source: Source,
    session: "SparkSession | None",
    options: Options,
    report: Watch,
    records: Records,
    rescue: Rescue,
    begin: NDArray[np.float32] | None,
    others: tuple[Before, ...],
) -> Trained:
    def warn(text: str) -> None:
        report(Warned(text))

    def first() -> bytes | None:
        weights = begin
        if weights is None:
            weights = starting_weights(job.graph, Path(job.name), report)
        return None if weights is None else first_state(job, weights)

    def take(data: bytes) -> bytes:
        found, told = taken(others, data, job)
        warn(told)
        return found

    store = _store(options, session)
    checkpoints = Checkpoints(store, job.digest, warn, options.resume, take if others else None)
    if others:
        # Before the first checkpoint with these settings, run.json says them, and what those
        # before it were written with: whenever the run is killed, all of it can be read.
        jobs = checkpoints.jobs()
        earlier = [other.about for other in others if other.job in jobs]
        records.about = {**records.about, "earlier": earlier}
    desk = Desk(report, checkpoints, records.flush, rescue, first)
    return on_engine(job, source, session, options, desk)


def _checkpoint_folder(options: Options) -> Path | None:
    """Another one than the run's, on a disk of this machine."""
    if options.checkpoints is None or "://" in options.checkpoints:
        return None
    path = Path(options.checkpoints)
    inside = options.folder is not None and path.resolve() == options.folder.resolve()
    return None if inside else path


def _store(options: Options, session: "SparkSession | None") -> Store:
    """Where the checkpoints are; only Spark knows how to write to what is no local folder."""
    if options.checkpoints is None:
        return Folder(options.folder / "checkpoints") if options.folder else Memory()
    if "://" not in options.checkpoints:
        return Folder(Path(options.checkpoints))
    if session is None:
        detail = "The local engine writes to this machine's folders only."
        raise LenetError(f"cannot write checkpoints to {options.checkpoints}", detail)
    from lenet.runtime.spark.hadoop import HadoopFolder

    return HadoopFolder(session, options.checkpoints)

"""A whole run: data, normalization, engine, records, the model."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.errors import LenetError
from dsl.graph import Graph, bare_shape
from dsl.sections.data import Data
from dsl.sections.reader import Duration
from runtime.checkpoint import Checkpoints, Folder, Memory, Store
from runtime.cores import available_cores
from runtime.data import DataError, Dataset, load_dataset
from runtime.data.fetch import Progress
from runtime.desk import Desk
from runtime.local import train_here
from runtime.model import Model
from runtime.records import Records
from runtime.run_folder import check_folder
from runtime.slice_count import slice_count
from runtime.source import InMemory, Source, check_source, check_validation
from runtime.training import Event, Job, digest_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from runtime.spark.frames import Columns
    from runtime.spark.session import SparkSession

Watch = Callable[[Event], None]
_ON_THE_CLUSTER = ("images", "parquet")  # what executors read, where there are some


@dataclass(frozen=True)
class Options:
    """How to run, beside what the file says.

    engine: "spark" or "local"; spark: a session to use, else one for `master` is started and
    stopped; data: a folder with copies, to be found again by a run that goes on; epochs: in place
    of the file's `stop`; threads: of the local engine, or of a
    cluster's executors; folder: the run's, where an older run is only replaced to `overwrite`, and
    goes on from its newest checkpoint to `resume`. checkpoints: another place for them, which may
    be any that Spark can write. workers, all_reduce, timeout, memory: see runtime/spark/task.py;
    open_sockets: allow them where the cluster encrypts. seed: in place of the file's.
    """

    engine: str = "spark"
    master: str = "local[*]"
    spark: "SparkSession | None" = None
    data: Path | None = None
    epochs: int | None = None
    threads: int | None = None
    folder: Path | None = None
    overwrite: bool = False
    resume: bool = False
    checkpoints: str | None = None
    workers: int | None = None
    all_reduce: str = "mesh"
    timeout: float = 60.0
    memory: int | None = None
    open_sockets: bool = False
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class Deferred:
    """Data that executors read: the files that `path` names, or the rows of `frame`."""

    graph: Graph
    path: str = ""
    frame: "DataFrame | None" = None
    columns: "Columns | None" = None

    def open(self, session: "SparkSession") -> Source:
        from runtime.spark import frames

        section = self.graph.data
        pad = section.pad if section else (0, 0)
        validate = section.validate if section else 0
        seed = self.graph.train.seed if self.graph.train else 1
        shape = bare_shape(self.graph)
        if self.frame is not None:
            columns = self.columns or frames.Columns()
            if columns.validation is not None:
                validate = 0
            return frames.source_of(self.frame, columns, shape, pad, validate, seed)
        assert section is not None
        if section.kind == "images":
            return frames.read_pictures(session, self.path, shape, pad, validate, seed)
        columns = frames.Columns(section.image, section.label)
        return frames.read_parquet(session, self.path, columns, shape, pad, validate, seed)


def resolve_data(
    graph: Graph, spec: Path, data: Path | None, progress: Progress | None, engine: str = "local"
) -> Dataset | Deferred:
    """The dataset of the `data` section, held out as it says; the test set validates else.

    `data` holds local copies, or takes the place of the folder that the file names. With Spark,
    executors read what may be large.
    """
    section = graph.data
    if section is None:
        fix = "add a line such as `data mnist` to the file"
        raise LenetError(f"{spec} does not say what to train on", "", fix)
    path = section.path
    if path and "://" not in path:
        path = str(spec.parent / path)
    argument = str(data) if path and data else path
    if engine == "spark" and section.kind in _ON_THE_CLUSTER and argument:
        return Deferred(graph, argument)
    if argument and "://" in argument:
        raise DataError(f"the local engine cannot read {argument}", "", "train with --engine spark")
    return _prepared(_load(graph, section, argument, data, progress), graph, section)


def _load(
    graph: Graph, section: Data, argument: str | None, data: Path | None, progress: Progress | None
) -> Dataset:
    names = section.image, section.label
    return load_dataset(section.kind, argument, data, progress, bare_shape(graph), names)


def _prepared(dataset: Dataset, graph: Graph, section: Data) -> Dataset:
    """Padded, and with images to validate with, as the section says."""
    if any(section.pad):
        dataset = dataset.padded(section.pad)
    if section.validate:
        dataset = dataset.hold_out(section.validate, graph.train.seed if graph.train else 1)
    return dataset


def evaluation_images(graph: Graph, data: Path | None) -> Dataset:
    """The dataset of a model's spec, with test images; `data` may name another IDX folder."""
    section = graph.data
    if section is None:
        detail = "Its file has no section `data`."
        raise LenetError("the model does not say what it was trained on", detail)
    path = str(data) if section.path and data else section.path
    dataset = _load(graph, section, path, data, None)
    if dataset.test is not None:  # whatever was held out of the training images
        section = replace(section, validate=0)
    dataset = _prepared(dataset, graph, section)
    if dataset.test is None:
        raise DataError(f"{dataset.name} has no test images")
    check_source(graph, InMemory.of(dataset))
    return dataset


def train_model(
    graph: Graph,
    spec: Path,
    data: Dataset | Deferred,
    options: Options,
    settings: Mapping[str, Fraction] | None = None,
    watch: Watch | None = None,
) -> Model:
    """Train and return the model; writes the run's folder where `options` names one."""
    train = graph.train
    if train is None or train.rate is None:
        fix = "add a section `train` with at least a line `rate 0.1`"
        raise LenetError(f"{spec} does not say how to train", "", fix)
    if options.epochs is not None:
        train = replace(train, stop=Duration(options.epochs, "epochs"), stop_when=())
    if options.seed is not None:
        train = replace(train, seed=options.seed)
    if options.folder and not options.resume:
        check_folder(options.folder, options.overwrite)
    if isinstance(data, Deferred) and options.engine == "local":
        raise LenetError("the local engine does not read DataFrames", "", 'use engine="spark"')
    about = {
        "spec": str(spec.absolute()),
        "source": graph.source,
        "imports": dict(graph.imports),
        "settings": {name: str(value) for name, value in (settings or {}).items()},
        "data": str(options.data.absolute()) if options.data else None,
        "epochs": options.epochs,
    }
    records = Records(options.folder, train, about, options.resume)

    def report(event: Event) -> None:
        records.take(event)
        if watch:
            watch(event)

    if isinstance(data, Dataset):  # whose mistakes are found before Spark starts
        check_source(graph, InMemory.of(data))
        check_validation(InMemory.of(data))
    with _session(data, spec, options, report) as session, _opened(data, session) as source:
        check_source(graph, source)
        if isinstance(data, Dataset) or data.frame is None or train.stop_when:
            check_validation(source)  # a DataFrame may do without
        event = {"event": "data", "name": source.name, "rows": source.rows}
        report({**event, "held_out": source.held_out})
        channels = graph.input[0] if len(graph.input) == 3 else 1
        mean, deviation = (0.0,) * channels, (1.0,) * channels
        if graph.data is not None and graph.data.normalize:
            mean, deviation = source.statistics(channels)
        scale = tuple(source.scale / d for d in deviation)
        shift = tuple(-m / d for m, d in zip(mean, deviation, strict=True))
        job = Job(
            graph.source, str(spec), tuple(graph.imports.items()), tuple((settings or {}).items()),
            scale, shift, train, digest_of(graph, train, scale, shift, source.fingerprint),
        )  # fmt: skip
        with records:
            tensors = _run(job, source, session, options, report)
    model = Model(
        graph.source,
        tensors,
        source.classes + tuple(str(k) for k in range(len(source.classes), graph.output[0])),
        source.scale,
        mean,
        deviation,
        tuple(records.history),
        dict(settings or {}),
        dict(graph.imports),
    )
    if options.folder:
        _save(model, options.folder / "model.safetensors")
    return model


@contextmanager
def _session(
    data: Dataset | Deferred, spec: Path, options: Options, report: Watch
) -> "Iterator[SparkSession | None]":
    """The session to train in; one that was started for the run is stopped with it."""
    if options.engine == "local":
        yield None
        return
    from runtime.spark.session import active_session, check_session, start_session
    from runtime.spark.slots import check_cluster

    # A session that lives already, such as a notebook's, is used and left alone.
    session = options.spark or active_session()
    if session is not None:
        check_session(session)
        check_cluster(session, options.open_sockets)
        yield session
        return
    started = time.perf_counter()
    size = 0
    if isinstance(data, Dataset):
        size = sum(part.pixels.nbytes for part in (data.train, data.test) if part is not None)
    session = start_session(options.master, f"lenet train {spec.name}", size, options.threads)
    try:
        seconds = time.perf_counter() - started
        report({"event": "spark", "master": session.sparkContext.master, "seconds": seconds})
        check_cluster(session, options.open_sockets)
        yield session
    finally:
        session.stop()


@contextmanager
def _opened(data: Dataset | Deferred, session: "SparkSession | None") -> Iterator[Source]:
    if isinstance(data, Dataset):
        yield InMemory.of(data)
        return
    assert session is not None
    source = data.open(session)
    try:
        yield source
    finally:
        source.close()


def _save(model: Model, path: Path) -> None:
    """Where the folder cannot take it, what was trained must not be lost."""
    try:
        model.save(path)
    except LenetError as error:
        handle, rescue = tempfile.mkstemp(prefix="lenet-", suffix="-model.safetensors")
        os.close(handle)
        model.save(rescue)
        detail = f"{error.detail}. The model is in {rescue} instead."
        raise LenetError(error.title, detail, error.fix) from None


def _run(
    job: Job, source: Source, session: "SparkSession | None", options: Options, report: Watch
) -> dict[str, Any]:
    def warn(text: str) -> None:
        report({"event": "warning", "text": text})

    checkpoints = Checkpoints(_store(options, session), job.digest, warn)
    if not options.resume:
        checkpoints.clear()
    desk = Desk(report, checkpoints)
    if session is None:
        threads = options.threads or available_cores()
        return train_here(job, source.shard(slice_count(job.train.batch)), threads, desk)
    from runtime.spark.engine import train_on_spark
    from runtime.spark.slots import worker_count
    from runtime.spark.task import Plan

    plan = Plan(
        source.shape, source.rows, source.held_out,
        worker_count(session, options.workers, slice_count(job.train.batch)),
        source.dtype, options.all_reduce, options.timeout, options.memory,
    )  # fmt: skip
    frame = source.frame(session)
    return train_on_spark(session, job, frame, plan, desk)


def _store(options: Options, session: "SparkSession | None") -> Store:
    """Where the checkpoints are; only Spark knows how to write to what is no local folder."""
    if options.checkpoints is None:
        return Folder(options.folder / "checkpoints") if options.folder else Memory()
    if "://" not in options.checkpoints:
        return Folder(Path(options.checkpoints))
    if session is None:
        detail = "The local engine writes to this machine's folders only."
        raise LenetError(f"cannot write checkpoints to {options.checkpoints}", detail)
    from runtime.spark.hadoop import HadoopFolder

    return HadoopFolder(session, options.checkpoints)

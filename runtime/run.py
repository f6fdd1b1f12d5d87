"""A whole run: data, normalization, engine, records, the model."""

import os
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsl.errors import LenetError
from dsl.graph import Graph, bare_shape
from dsl.sections.reader import Duration
from dsl.shapes import product, show
from runtime.checkpoint import Checkpoints, Folder, Memory, Store
from runtime.cores import available_cores, available_memory
from runtime.data import DataError, Dataset, load_dataset
from runtime.data.dataset import Images
from runtime.data.fetch import Progress
from runtime.desk import Desk
from runtime.local import train_here
from runtime.model import Model
from runtime.records import Records
from runtime.run_folder import check_folder
from runtime.shard import deal
from runtime.slice_count import slice_count
from runtime.training import Event, Job, digest_of

if TYPE_CHECKING:
    from runtime.spark.session import SparkSession

Watch = Callable[[Event], None]


@dataclass(frozen=True)
class Options:
    """How to run, beside what the file says.

    engine: "spark" or "local"; spark: a session to use, else one for `master` is started and
    stopped; data: a folder with copies, to be found again by a run that goes on; epochs: in place
    of the file's `stop`; threads: of the local engine, or of a
    cluster's executors; folder: the run's, where an older run is only replaced to `overwrite`, and
    goes on from its newest checkpoint to `resume`. checkpoints: another place for them, which may
    be any that Spark can write. workers, all_reduce, timeout, memory: see runtime/spark/task.py;
    open_sockets: allow them where the cluster encrypts.
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


def resolve_data(graph: Graph, spec: Path, data: Path | None, progress: Progress | None) -> Dataset:
    """The dataset of the `data` section, held out as it says; the test set validates else.

    `data` holds local copies, or takes the place of the folder that the file names.
    """
    section = graph.data
    if section is None:
        fix = "add a line such as `data mnist` to the file"
        raise LenetError(f"{spec} does not say what to train on", "", fix)
    path = str(spec.parent / section.path) if section.path else None
    argument, shape = str(data) if path and data else path, bare_shape(graph)
    dataset = load_dataset(section.kind, argument, data, progress, shape)
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
    dataset = load_dataset(section.kind, path, data, shape=bare_shape(graph))
    if any(section.pad):
        dataset = dataset.padded(section.pad)
    if dataset.test is not None:
        return dataset
    if not section.validate:
        raise DataError(f"{dataset.name} has no test images")
    return dataset.hold_out(section.validate, graph.train.seed if graph.train else 1)


def check_data(graph: Graph, dataset: Dataset) -> None:
    """Whether the files fit the net; the checker cannot know before they are read."""
    if dataset.shape != graph.input and (product(dataset.shape),) != graph.input:
        raise DataError(
            f"the net's input is {show(graph.input)}, but the images of {dataset.name} are "
            f"{show(dataset.shape)}",
            "",
            f"write input {show(dataset.shape)}",
        )
    for images in (dataset.train, dataset.test):
        if images is not None and len(images) and images.labels.max() >= len(dataset.classes):
            raise DataError(
                f"{dataset.name} has a label {images.labels.max()}",
                f"There are {len(dataset.classes)} classes, and labels count from 0.",
            )
        if images is not None and images.pixels.shape[1:] != dataset.shape:
            raise DataError(f"the training and test images of {dataset.name} differ in shape")
    # The classes of IDX files are only counted from their labels: some may not occur.
    some = tuple(str(k) for k in range(len(dataset.classes))) == dataset.classes
    spare = graph.output[0] - len(dataset.classes)
    if len(graph.output) != 1 or spare < 0 or (spare > 0 and not some):
        raise DataError(
            f"the net's output is {show(graph.output)}, but {dataset.name} has "
            f"{len(dataset.classes)} classes",
            "",
            f"make the last layer `linear {len(dataset.classes)}`",
        )


def normalization_of(
    images: Images, scale: float, wanted: bool, channels: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each of the net's input channels, exactly counted."""
    if not wanted:
        return (0.0,) * channels, (1.0,) * channels
    groups = images.pixels.reshape(len(images), channels, -1)
    values = np.arange(256) * scale
    means, deviations = [], []
    for channel in range(channels):
        counts = np.zeros(256, np.int64)
        for start in range(0, len(groups), 8192):
            part = groups[start : start + 8192, channel]
            counts += np.bincount(part.ravel(), minlength=256)
        mean = float((counts * values).sum() / counts.sum())
        deviation = float(np.sqrt((counts * (values - mean) ** 2).sum() / counts.sum()))
        if deviation == 0:
            fix = "remove `normalize` from the data section"
            raise DataError(f"all pixels of channel {channel} are the same", "", fix)
        means.append(mean)
        deviations.append(deviation)
    return tuple(means), tuple(deviations)


def train_model(
    graph: Graph,
    spec: Path,
    dataset: Dataset,
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
    if options.folder and not options.resume:
        check_folder(options.folder, options.overwrite)
    check_data(graph, dataset)
    if dataset.test is None or len(dataset.test) == 0:
        fix = "hold some training images out: `validate 1000` in the data section"
        raise DataError(f"{dataset.name} has no test images to validate with", "", fix)
    channels = graph.input[0] if len(graph.input) == 3 else 1
    wanted = graph.data is not None and graph.data.normalize
    mean, deviation = normalization_of(dataset.train, dataset.scale, wanted, channels)
    scale = tuple(dataset.scale / d for d in deviation)
    shift = tuple(-m / d for m, d in zip(mean, deviation, strict=True))
    job = Job(
        graph.source, str(spec), tuple(graph.imports.items()), tuple((settings or {}).items()),
        scale, shift, train,
        digest_of(graph, train, scale, shift, _fingerprint(dataset.train, dataset.test)),
    )  # fmt: skip
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

    with records:
        tensors = _run(job, dataset.train, dataset.test, options, report)
    model = Model(
        graph.source,
        tensors,
        dataset.classes + tuple(str(k) for k in range(len(dataset.classes), graph.output[0])),
        dataset.scale,
        mean,
        deviation,
        tuple(records.history),
        dict(settings or {}),
        dict(graph.imports),
    )
    if options.folder:
        _save(model, options.folder / "model.safetensors")
    return model


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


def _fingerprint(train: Images, validation: Images) -> str:
    """Of the data: a checkpoint only fits those that it was trained on."""
    sums = [zlib.crc32(part.data.cast("B")) for images in (train, validation)
            for part in (images.pixels, images.labels)]  # fmt: skip
    return f"{len(train)} {len(validation)} " + " ".join(f"{value:08x}" for value in sums)


def _run(
    job: Job, train: Images, validation: Images, options: Options, report: Watch
) -> dict[str, Any]:
    def warn(text: str) -> None:
        report({"event": "warning", "text": text})

    if options.engine == "local":
        checkpoints = Checkpoints(_store(options), job.digest, warn)
        shard = deal(train, validation, slice_count(job.train.batch))
        threads = options.threads or available_cores()
        return train_here(job, shard, threads, _desk(report, checkpoints, options))
    from runtime.spark.engine import images_frame, train_on_spark
    from runtime.spark.session import active_session, start_session
    from runtime.spark.slots import worker_count
    from runtime.spark.task import Plan

    def train_in(session: "SparkSession") -> dict[str, Any]:
        checkpoints = Checkpoints(_store(options, session), job.digest, warn)
        shape = train.pixels.shape[1:]
        plan = Plan(
            (shape[0], shape[1], shape[2]), len(train), len(validation),
            worker_count(session, options.workers), str(train.pixels.dtype), options.all_reduce,
            options.timeout, options.memory or available_memory() // 2,
        )  # fmt: skip
        frame = images_frame(session, train, validation)
        desk = _desk(report, checkpoints, options)
        return train_on_spark(session, job, frame, plan, desk, options.open_sockets)

    # A session that lives already, such as a notebook's, is used and left alone.
    session = options.spark or active_session()
    if session is not None:
        return train_in(session)
    started = time.perf_counter()
    name = f"lenet train {Path(job.path).name}"
    size = train.pixels.nbytes + validation.pixels.nbytes
    session = start_session(options.master, name, size, options.threads)
    try:
        seconds = time.perf_counter() - started
        report({"event": "spark", "master": session.sparkContext.master, "seconds": seconds})
        return train_in(session)
    finally:
        session.stop()


def _desk(report: Watch, checkpoints: Checkpoints, options: Options) -> Desk:
    if not options.resume:
        checkpoints.clear()
    return Desk(report, checkpoints)


def _store(options: Options, session: "SparkSession | None" = None) -> Store:
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

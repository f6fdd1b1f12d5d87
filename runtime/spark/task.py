"""What runs in the executors: gather the images of the worker's slices, then train."""

import json
import os
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.rows import blank_labels, labels_of
from lenet.runtime.data.values import Form
from lenet.runtime.machine.cores import available_memory
from lenet.runtime.spark.kept_images import DecodedImages, EncodedImages
from lenet.runtime.spark.network.channel import Address, DriverGoneError, Line, Star, give_up
from lenet.runtime.spark.network.mesh import Mesh
from lenet.runtime.spark.network.wire import listen
from lenet.runtime.training.communicator import Communicator
from lenet.runtime.training.job import Job
from lenet.runtime.training.loop import run_training
from lenet.runtime.training.slices.shard import Shard, grouped, owned
from lenet.runtime.training.trained import Trained

RESULT = "name string, shape string, data binary"
_SCHEMA = pa.schema([("name", pa.string()), ("shape", pa.string()), ("data", pa.binary())])
_LAST, _BEST = "last", "best"  # tensors, before their names
ERROR, _ITERATION = "!error", "!iteration"


@dataclass(frozen=True)
class Plan:
    """What all workers are to know: how many images of what shape there are, and of each other.

    `dtype` is that of the pixels. `all_reduce` is "mesh", or "driver" where the tasks cannot reach
    each other. `timeout` are the seconds after which a worker is taken for dead; beyond `memory`
    bytes, or half of what is free, a worker's images lie in a file. The images to train with may
    be `weighted`, and have so many `answers` that are no class. Images that are `encoded` are
    decoded when they are due, as this form says. Of those to validate with, `group` that follow
    each other are one worker's.
    """

    shape: tuple[int, int, int]
    train: int
    validation: int
    workers: int
    dtype: str = "uint8"
    all_reduce: str = "mesh"
    timeout: float = 60.0
    memory: int | None = None
    weighted: bool = False
    answers: int = 0
    encoded: Form | None = None
    group: int = 1


def train(
    batches: Iterator[pa.RecordBatch], job: Job, plan: Plan, address: Address
) -> Iterator[pa.RecordBatch]:
    """A barrier task: rows of NUMBERED to the trained tensors."""
    from pyspark import BarrierTaskContext

    context = BarrierTaskContext.get()
    rank = context.partitionId()
    host = context.getTaskInfos()[rank].address.rpartition(":")[0]
    try:
        try:
            shard = gather(batches, plan, job.slices, rank)
            host, server = _server(plan, address, host)
        except LenetError as error:  # the others wait for this worker
            with suppress(DriverGoneError):
                give_up(address, rank, error)
            raise
        with _deaf() if address.host == "127.0.0.1" else nullcontext():
            trained = _train(job, plan, address, shard, rank, host, server, context.cpus())
    except LenetError as error:
        yield pa.record_batch([[ERROR], [json.dumps(error.words)], [b""]], schema=_SCHEMA)
        return
    if rank == 0:
        yield _rows(trained)


def _server(plan: Plan, address: Address, host: str) -> tuple[str, socket.socket | None]:
    """The name of this worker's host, and where the others call it, if they do.

    `host` is what Spark calls it, and listens at; SPARK_LOCAL_IP says it where that is wrong.
    """
    if address.host == "127.0.0.1":
        host = bound = address.host
    else:
        bound = os.environ.get("SPARK_LOCAL_IP") or host
    if plan.workers == 1 or plan.all_reduce == "driver":
        return host, None
    address.secret.called()  # before the others wait for this worker
    try:
        return host, listen(bound)
    except OSError as error:
        raise LenetError(
            f"a worker cannot listen at {bound}",
            f"{error.strerror}.",
            "set spark.executorEnv.SPARK_LOCAL_IP to 0.0.0.0, so that workers listen at all of "
            "their addresses; or add in the driver, with --all-reduce driver",
            "set spark.executorEnv.SPARK_LOCAL_IP to 0.0.0.0, so that workers listen at all of "
            'their addresses; or add in the driver, with all_reduce="driver"',
        ) from None


@contextmanager
def _deaf() -> Iterator[None]:
    """Without the signals that the driver on this machine gets as well, and that may go to all
    processes of its container: it wants a last checkpoint, and this process ends with it."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _train(
    job: Job, plan: Plan, address: Address, shard: Shard, rank: int, host: str,
    server: socket.socket | None, threads: int,
) -> Trained:  # fmt: skip
    """The training of one worker; its failure is told to the others."""
    me = {"rank": rank, "host": host, "process": os.getpid()}
    if server is not None:
        me["port"] = server.getsockname()[1]
    line = Line(address, me, plan.workers)
    communicator: Communicator | None = None
    try:
        if server is not None:
            communicator = Mesh(rank, line.workers, server, address.secret, plan.timeout)
        else:
            communicator = Star(line, rank, plan.workers, plan.timeout)
        return run_training(job, shard, threads, communicator, line if rank == 0 else None)
    except BaseException as error:
        if communicator is not None:
            communicator.abort(error)
        raise
    finally:
        if server is not None:
            server.close()
        if communicator is not None:
            communicator.close()
        with suppress(DriverGoneError):  # whatever has happened here says more
            line.close()


def gather(batches: Iterable[pa.RecordBatch], plan: Plan, count: int, rank: int) -> Shard:
    """The rows of the partition, each at the place that its `row` names.

    Training row r belongs to slice r % count, validation row r to worker r // group % workers.
    """
    mine = {
        number: len(range(number, plan.train, count)) for number in owned(count, rank, plan.workers)
    }
    checks = len(grouped(plan.validation, plan.group, rank, plan.workers))
    total = sum(mine.values()) + checks
    memory = plan.memory or available_memory() // 2
    kept: EncodedImages | DecodedImages
    if plan.encoded is not None:
        kept = EncodedImages(plan.encoded, memory)
    else:
        kept = DecodedImages((total, *plan.shape), np.dtype(plan.dtype), memory)
    labels, weights = blank_labels(total, plan.answers), np.zeros(total, np.float32)
    starts = np.zeros(count + 1, np.int64)  # by slice, and of the validation images
    place = 0
    for number, rows in mine.items():
        starts[number] = place
        place += rows
    starts[count] = place
    seen = 0
    for batch in batches:
        rows, held_out = (
            batch.column(k).to_numpy(zero_copy_only=False) for k in ("row", "validation")
        )
        own = rows // plan.group // plan.workers * plan.group + rows % plan.group
        places = np.where(held_out, starts[count] + own, starts[rows % count] + rows // count)
        kept.put(batch.column("image"), places)
        if len(places):
            labels[places] = labels_of(batch)
        if plan.weighted:  # those to validate with may have none, which then is not a number
            weights[places] = batch.column("weight").to_numpy(zero_copy_only=False)
        seen += len(places)
    if seen != total:
        detail = f"Worker {rank} has got {seen:,} of {total:,}."
        raise LenetError("the images have changed while they were read", detail)

    pixels_of = kept.end()

    def images(first: int, rows: int) -> Images:
        return Images(pixels_of(first, first + rows), labels[first : first + rows])

    def weighted(first: int, rows: int) -> Images:
        own = weights[first : first + rows] if plan.weighted else None
        return replace(images(first, rows), weights=own)

    slices = {number: weighted(int(starts[number]), rows) for number, rows in mine.items()}
    return Shard(plan.train, count, slices, images(int(starts[count]), checks), plan.validation)


def _rows(trained: Trained) -> pa.RecordBatch:
    """A row for each tensor, those of the end and the best ones, and one for the best iteration."""
    sets = {_LAST: trained.tensors, _BEST: trained.best or {}}
    named = [(f"{kind} {name}", t) for kind, tensors in sets.items() for name, t in tensors.items()]
    names = [_ITERATION, *(name for name, _ in named)]
    shapes = [json.dumps(trained.iteration), *(json.dumps(list(t.shape)) for _, t in named)]
    data = [b"", *(tensor.astype("<f4").tobytes() for _, tensor in named)]
    return pa.record_batch([names, shapes, data], schema=_SCHEMA)


def read_rows(rows: Iterable[tuple[str, str, bytes]]) -> Trained:
    """What the first task returned, or the LenetError that stopped them all."""
    found: dict[str, dict[str, NDArray[np.float32]]] = {_LAST: {}, _BEST: {}}
    iteration = 0
    for name, shape, data in rows:
        if name == ERROR:
            raise LenetError(*json.loads(shape))
        if name == _ITERATION:
            iteration = json.loads(shape)
            continue
        kind, _, tensor = name.partition(" ")
        found[kind][tensor] = np.frombuffer(data, "<f4").reshape(json.loads(shape)).copy()
    return Trained(found[_LAST], found[_BEST] or None, iteration)

"""The driver: deals the images to one barrier stage, listens while it trains, collects."""

import signal
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyspark import InheritableThread
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.events import StageFailed
from lenet.runtime.machine.interrupts import last_words
from lenet.runtime.records.supervisor import Desk
from lenet.runtime.spark.failures import of_python, summary
from lenet.runtime.spark.network.certificate import with_certificate
from lenet.runtime.spark.network.handshake import Secret
from lenet.runtime.spark.network.listener import Listener
from lenet.runtime.spark.network.wire import listen
from lenet.runtime.spark.settings import local_cores
from lenet.runtime.spark.ship import shipped
from lenet.runtime.spark.slots import encrypts, worker_count
from lenet.runtime.spark.task import RESULT, Plan, read_rows
from lenet.runtime.training.job import Job
from lenet.runtime.training.trained import Trained

_ATTEMPTS = 3  # of the driver, without a new checkpoint; Spark itself has made several before
_LAST_STEP_SECONDS = 60.0  # after Ctrl-C, for the step that is under way
_POLL = 0.1


def train_on_spark(
    session: SparkSession, job: Job, frame: DataFrame, plan: Plan, desk: Desk
) -> Trained:
    """Run the whole training as one barrier stage.

    `frame` has the columns row, validation, image (bytes), label and weight. Where the stage fails
    for good, it begins again at the newest checkpoint. Raises LenetError for whatever stops the
    job; on KeyboardInterrupt, a checkpoint is written and the job cancelled.
    """
    held_out = F.floor(F.col("row") / plan.group)
    worker = F.when(F.col("validation"), held_out).otherwise(F.col("row") % job.slices)
    dealt = frame.repartitionById(plan.workers, (worker % plan.workers).cast("int"))
    attempts, progress = 0, desk.progress
    while True:
        try:
            return _attempt(session, job, dealt, plan, desk)
        except _StageFailedError as failed:
            attempts = 1 if desk.progress > progress else attempts + 1
            progress = desk.progress
            stopped = session.sparkContext._jsc.sc().isStopped()
            if attempts >= _ATTEMPTS or stopped:
                title = "Spark has stopped" if stopped else "the training failed in Spark"
                if not progress or not desk.checkpoints.lasting:
                    raise LenetError(title, failed.detail) from None
                raise LenetError(
                    title,
                    failed.detail,
                    "go on with --resume and the run's folder",
                    "go on with resume=True and this run's output= (and checkpoints=, if given)",
                ) from None
            desk.report(StageFailed(failed.detail))
            # A job that asks for more slots than there are now would end Spark 4.3: its scheduler
            # stops when such a job is cancelled.
            worker_count(session, plan.workers, plan.workers)


class _StageFailedError(Exception):
    def __init__(self, detail: str) -> None:
        self.detail = detail


def _attempt(session: SparkSession, job: Job, dealt: DataFrame, plan: Plan, desk: Desk) -> Trained:
    secret = with_certificate(session) if encrypts(session) else Secret()
    listener = Listener(*_server(session), desk, secret)
    try:
        task = shipped(session, "task.train", job, plan, listener.address)
        # The shuffle behind the stage lets Spark run it again when an executor dies.
        result = dealt.mapInArrow(task, RESULT, barrier=True).repartition(1)
        rows = _collect(session, result, listener, f"lenet train {job.name}")
        found = read_rows((row["name"], row["shape"], bytes(row["data"])) for row in rows)
        listener.drain()
    finally:
        listener.close()
    return found


def _server(session: SparkSession) -> tuple[socket.socket, str]:
    """Where the workers are to call, and the host's name for them: as Spark's own settings say."""
    conf, local = session.sparkContext.getConf(), "127.0.0.1"
    if local_cores(session.sparkContext.master or "") is not None:
        return listen(local), local
    host = conf.get("spark.driver.host") or local
    bound = conf.get("spark.driver.bindAddress") or host
    try:
        return listen(bound), host
    except OSError as error:
        raise LenetError(
            f"the driver cannot listen at {bound}",
            f"{error.strerror}.",
            "set spark.driver.bindAddress to an address of the driver's machine",
        ) from None


def _collect(
    session: SparkSession, frame: DataFrame, listener: Listener, description: str
) -> list[Any]:
    """`frame.collect()` in a thread of its own, so that Ctrl-C and failures can cancel it."""
    outcome: dict[str, Any] = {}
    finished = threading.Event()  # a thread whose `join` Ctrl-C has interrupted seems to be dead
    group = f"lenet-{uuid.uuid4().hex[:12]}"

    def action() -> None:
        # A job group and not a tag: in Spark 4.3 `interruptTag` finds no jobs of `collect`.
        session.sparkContext.setJobGroup(group, clean(description), interruptOnCancel=True)
        session.sparkContext.addJobTag("lenet")
        try:
            outcome["rows"] = frame.collect()
        except BaseException as error:  # handed on below
            outcome["error"] = error
        finally:
            finished.set()

    thread = InheritableThread(target=action, session=session)
    thread.start()

    def wait(seconds: float, until: Callable[[], bool]) -> None:
        while not finished.is_set() and seconds > 0 and not until():
            finished.wait(_POLL)
            seconds -= _POLL

    desk = listener.desk

    def failed() -> bool:
        if desk.asked():
            listener.ask()
        return listener.failure is not None

    try:
        with _own_interrupts():
            wait(float("inf"), failed)
    except KeyboardInterrupt:
        try:
            last_words()
            before, repeat = desk.progress, lambda: desk.progress > before or not listener.ask()
            desk.stopping.set()
            wait(_LAST_STEP_SECONDS, repeat)
        finally:
            _cancel(session, thread, group)
        raise
    except BaseException:
        _cancel(session, thread, group)
        raise
    if listener.failure is not None:
        _cancel(session, thread, group)
        raise listener.failure
    if "error" in outcome:
        error = outcome["error"]
        raise of_python(error, session) or _StageFailedError(summary(error))
    rows: list[Any] = outcome["rows"]
    return rows


@contextmanager
def _own_interrupts() -> Iterator[None]:
    """Ctrl-C as Python has it: pyspark's own handler would cancel the job before its checkpoint."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cancel(session: SparkSession, thread: InheritableThread, group: str) -> None:
    session.sparkContext.cancelJobGroup(group)
    thread.join(10)

"""Where a training is carried out: in a Spark session, or in this process."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lenet.runtime.events import SparkStarted, Watch
from lenet.runtime.local import train_here
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.options import Options
from lenet.runtime.records.supervisor import Desk
from lenet.runtime.training.job import Job
from lenet.runtime.training.source import Source
from lenet.runtime.training.trained import Trained

if TYPE_CHECKING:
    from lenet.runtime.spark.ahead import Ahead
    from lenet.runtime.spark.session import SparkSession


@contextmanager
def opened_session(
    data_bytes: int, name: str, options: Options, report: Watch,
    settings: Mapping[str, str] | None = None, ahead: "Ahead | None" = None,
) -> "Iterator[SparkSession | None]":  # fmt: skip
    """The session to train in, None for the local engine; one that was started for the run, under
    this name and with these settings of Spark's, or already `ahead`, is stopped with it."""
    if options.engine == "local":
        yield None
        return
    from lenet.runtime.spark.session import (
        active_session,
        check_session,
        end_session,
        spark_errors,
        start_session,
    )
    from lenet.runtime.spark.settings import FOR_ROWS_AT_HAND, is_ours
    from lenet.runtime.spark.slots import check_cluster

    # A session that lives already, such as a notebook's, is used and left alone.
    given = options.spark or active_session() if ahead is None else None
    started = time.perf_counter()
    if ahead is not None:
        started, session = ahead.began, ahead.take(data_bytes)
    else:
        chosen = options.master, name, data_bytes, options.threads, settings
        session = given or start_session(*chosen)
    try:
        check_session(session)
        with spark_errors("the Spark session cannot be used", session):
            check_cluster(session)
        if given is None:
            if data_bytes and is_ours(session.sparkContext.master or ""):
                for key, value in FOR_ROWS_AT_HAND.items():
                    session.conf.set(key, value)
            seconds = time.perf_counter() - started
            report(SparkStarted(session.sparkContext.master or "", seconds))
        with spark_errors("Spark failed", session):
            yield session
    finally:
        if ahead is not None:
            ahead.give_back(session)
        elif given is None:
            end_session(session)


def on_engine(
    job: Job, source: Source, session: "SparkSession | None", options: Options, desk: Desk
) -> Trained:
    """What comes of a job: on a session, or without one in threads of this process."""
    if session is None:
        threads = options.threads or available_cores()
        return train_here(job, source.shard(job.slices), threads, desk)
    from lenet.runtime.spark.engine import train_on_spark
    from lenet.runtime.spark.slots import worker_count
    from lenet.runtime.spark.task import Plan

    plan = Plan(
        source.shape, source.rows, source.held_out,
        worker_count(session, options.workers, job.slices),
        source.dtype, options.all_reduce, options.timeout, options.memory, source.weighted,
        source.answers, source.encoded, source.group,
    )  # fmt: skip
    return train_on_spark(session, job, source.frame(session), plan, desk)

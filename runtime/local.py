"""The engine without Spark: the same step, in threads of this process."""

from concurrent.futures import Future
from contextlib import suppress
from threading import Thread

from lenet.runtime.machine.interrupts import last_words
from lenet.runtime.records.supervisor import Desk
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.job import Job
from lenet.runtime.training.loop import run_training
from lenet.runtime.training.slices.shard import Shard
from lenet.runtime.training.trained import Trained

_PATIENCE = 60.0  # seconds that a step may take after Ctrl-C, until its checkpoint is written


def train_here(job: Job, shard: Shard, threads: int, desk: Desk) -> Trained:
    """What was trained. Ctrl-C leaves a checkpoint."""
    outcome: Future[Trained] = Future()

    def work() -> None:
        try:
            outcome.set_result(run_training(job, shard, threads, Alone(), desk))
        except BaseException as error:  # raised again by `result`
            outcome.set_exception(error)

    # In a thread of its own, so that Ctrl-C never stops a step half-way.
    Thread(target=work, daemon=True, name="lenet training").start()
    try:
        return outcome.result()
    except KeyboardInterrupt:
        last_words()
        desk.stopping.set()
        with suppress(Exception):
            outcome.result(_PATIENCE)
        raise

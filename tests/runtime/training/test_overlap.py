"""Sums that are on their way while others are still computed: the same bits, in the same order."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from together import Worker, together

from lenet import LenetError
from lenet.compiler.jit.cache import load
from lenet.compiler.kernels import linear
from lenet.compiler.memory import early
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import TOTALS, Program
from lenet.dsl.check import check_graph
from lenet.runtime.data.dataset import Images
from lenet.runtime.datasets import load_dataset
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.training import overlap
from lenet.runtime.training.batches import keys_of
from lenet.runtime.training.communicator import Alone, WorkerLostError
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.overlap import Overlap
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.slices import pieces
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import parts_of, updater_of

NET = """\
input 1x8x8
conv 5x3x3
tanh
conv 4x3x3
{0}
flatten
linear 37
tanh
linear 21
{1}
relu
linear 10
logsoftmax
data digits
train
  optimizer sgd momentum 0.9
  rate 0.05
  batch 100
{2}
"""
PLAIN = NET.format("tanh", "tanh", "")
CLIPPED = NET.format("tanh", "tanh", "  clip norm 0.5")
NORMALIZED = NET.format("batchnorm", "batchnorm", "")
STEPS = 3


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Little is enough for a message, and more is several ones."""
    monkeypatch.setattr(early, "LEAST", 200)
    monkeypatch.setattr(overlap, "_MOST", 1000)
    monkeypatch.setattr(overlap, "_WORTH", 400)
    monkeypatch.setattr(pieces, "_TOGETHER", 1000)
    yield


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "_LATE", 200)


def program_of(net: str) -> Program:
    return compile_graph(check_graph(net, "net"))


def trainer_of(net: str, communicator: Any, threads: int, scale: float = 1.0) -> Trainer:
    graph = check_graph(net, "net")
    loaded = load(compile_graph(graph))
    data = load_dataset("digits").train
    few = Images(data.pixels[:450], data.labels[:450])
    shard = deal(few, few, 7, communicator.rank, communicator.size)
    normalization = Normalization(np.full(1, scale / 16, np.float32), np.zeros(1, np.float32))
    trainer = Trainer(
        loaded, shard, normalization, initial_weights(loaded.program, 1),
        updater_of(graph, loaded.program), 100, 1, threads, communicator,
    )  # fmt: skip
    trainer.start_epoch(1)
    return trainer


def trained(net: str, communicator: Any, threads: int) -> tuple[Trainer, list[Any]]:
    trainer = trainer_of(net, communicator, threads)
    results = [trainer.step(step, 0.05) for step in range(STEPS)]
    trainer.close()
    return trainer, results


@pytest.mark.parametrize("net", [PLAIN, CLIPPED, NORMALIZED])
@pytest.mark.parametrize(("size", "threads"), [(2, 1), (2, 2), (3, 2), (7, 1)])
def test_the_same_bits(net: str, size: int, threads: int) -> None:
    alone, expected = trained(net, Alone(), 1)
    assert alone.overlap is None and len(alone.loaded.program.early) >= 2
    workers = together(size, lambda worker: (*trained(net, worker, threads), worker))
    for trainer, results, worker in workers:
        assert trainer.overlap is not None
        assert results == expected
        assert np.array_equal(trainer.weights, alone.weights)
        other = workers[0][2]
        assert (worker.sent, worker.aside.sent) == (other.sent, other.aside.sent)
        assert sum(worker.aside.sent) == STEPS * trainer.loaded.program.parameter_count
        assert worker.sent.count(2) >= STEPS  # losses and hits


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_of_gradients_that_are_late(late: None, threads: int) -> None:
    alone, expected = trained(PLAIN, Alone(), 1)
    assert len(alone.loaded.program.late) == 3
    for trainer, results in together(2, lambda worker: trained(PLAIN, worker, threads)):
        assert trainer.overlap is not None
        assert results == expected and np.array_equal(trainer.weights, alone.weights)


def test_nothing_is_told_before_it_is_complete(late: None) -> None:
    """In the order of the calls, and of no image but a slice's last one."""
    for net in (PLAIN, NORMALIZED):
        program = program_of(net)
        slots = {slot.offset: slot.name.split(".")[0] for slot in program.slots}
        assert program.early
        for one in program.early:
            own = {slots[o] for first, last in one.spans for o in slots if first <= o < last}
            if len(program.phases) > 1:
                after = [c for phase in program.phases[one.phase + 1 :] for c in phase.calls]
            else:
                calls = program.phases[0].calls
                told = [c.function == "tell" and c.arguments[1] == str(one.mark) for c in calls]
                after = list(calls[told.index(True) :])
            writing = {c.node for c in after if {"gradient", "factors"} & set(c.arguments)}
            assert own and not own & writing


@pytest.mark.parametrize("count", [0, 1, 16, 17, 64, 65, 100])
def test_the_last_mark_is_told(count: int) -> None:
    loaded = load(program_of(PLAIN))
    program, data = loaded.program, load_dataset("digits").train
    pixels = frozen(data.pixels[:100].reshape(100, -1))
    rows, ends = np.arange(count), np.zeros(TOTALS)
    loaded.train_slice(pixels.dtype)(
        aligned_floats(program.train_floats), initial_weights(program, 1),
        aligned_floats(program.gradient_floats), pixels, frozen(data.labels[:100]), rows,
        np.ones(1, np.float32), np.zeros(1, np.float32), keys_of(np.uint64(1), rows),
        aligned_floats(0), ends,
    )  # fmt: skip
    assert ends[2] == (program.early[-1].mark if count else 0)


def test_sums_go_ahead_of_the_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice whose mark is told, and that takes its time then, is not waited for."""
    ahead = threading.Event()

    class Watching(Worker):
        def all_reduce(self, total: np.ndarray, timeout: float | None = None) -> None:
            super().all_reduce(total, timeout)
            ahead.set()

    def work(worker: Worker) -> bool:
        trainer = trainer_of(PLAIN, worker, 1)
        train_slice = trainer.way.train_slice
        last, number = len(trainer.way.ends), [0]
        seen = []

        def slowly(*arguments: Any) -> None:
            train_slice(*arguments)
            number[0] += 1
            if number[0] == last:
                seen.append(ahead.wait(30))

        trainer.way.train_slice = slowly
        trainer.step(0, 0.05)
        trainer.close()
        return seen == [True]

    assert together(2, work, Watching) == [True, True]


@pytest.mark.parametrize("net", [PLAIN, NORMALIZED])
def test_what_fails_in_the_thread_of_the_sums_is_told(
    net: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: Any) -> bool:
        assert threading.current_thread().name.startswith("lenet_sums")
        raise LenetError("it failed", "there", "so")

    monkeypatch.setattr(overlap, "sum_exactly", fails)
    for error in together(2, lambda worker: trained(net, worker, 2)):
        assert isinstance(error, LenetError) and "it failed" in str(error)


def test_gradients_out_of_range_are_the_same_error() -> None:
    net = PLAIN.replace("tanh", "relu")
    alone = trainer_of(net, Alone(), 1, scale=1e30)
    with pytest.raises(LenetError) as expected:
        alone.step(0, 0.05)

    def work(worker: Worker) -> None:
        trainer_of(net, worker, 2, scale=1e30).step(0, 0.05)

    for error in together(2, work):
        assert isinstance(error, LenetError) and str(error) == str(expected.value)


@pytest.mark.parametrize("net", [PLAIN, NORMALIZED])
def test_a_slice_that_fails_leaves_nothing_on_its_way(net: str) -> None:
    began = time.monotonic()

    def work(worker: Worker) -> None:
        trainer = trainer_of(net, worker, 1)
        if worker.rank == 1:
            train_slice, number = trainer.way.train_slice, [0]

            def fails(*arguments: Any) -> None:
                train_slice(*arguments)
                number[0] += 1
                if number[0] == 2:
                    raise LenetError("a picture is damaged", "there", "so")

            trainer.way.train_slice = fails
        try:
            trainer.step(0, 0.05)
        finally:
            assert all(job.done() for job in trainer.overlap._jobs)
            trainer.close()

    first, second = together(2, work)
    for error in (first, second):
        assert isinstance(error, LenetError) and "a picture is damaged" in str(error)
    assert time.monotonic() - began < 50


def test_a_worker_that_is_lost_is_told() -> None:
    def work(worker: Worker) -> None:
        trainer = trainer_of(PLAIN, worker, 1)
        if worker.rank == 1:
            raise OSError("killed")
        trainer.step(0, 0.05)

    first, second = together(2, work)
    assert isinstance(second, OSError) and isinstance(first, WorkerLostError)


@pytest.mark.parametrize(
    "error",
    [WorkerLostError("gone"), LenetError("a", "b", "c"), KeyboardInterrupt(), OSError("no")],
)
def test_what_has_failed_first_is_raised(error: BaseException) -> None:
    """And not that the sums have been given up for it."""
    program = program_of(PLAIN)
    total = np.zeros(program.parameter_count + 2, np.int64)

    def work(worker: Worker) -> bool:
        sums = Overlap.of(program, total.copy(), worker)
        assert sums is not None
        with pytest.raises(type(error)), sums.step():
            sums.send(program.early[0], lambda: parts_of(total[:-2]), 1.0, lambda: False)
            sums.send_rest()
            raise error
        sums.close()
        return True

    assert together(2, work) == [True, True]


def test_workers_that_differ_in_what_is_early_send_nothing_early() -> None:
    """As processors may: the order has to be the same for all."""
    program = program_of(PLAIN)
    total = np.zeros(program.parameter_count + 2, np.int64)

    def work(worker: Worker) -> Overlap | None:
        early = program.early[worker.rank if differ else 0 :]
        return Overlap.of(replace(program, early=early), total.copy(), worker)

    for differ in (False, True):
        for found in together(3, work):
            assert found is not None
            assert found.early == (() if differ else program.early)
            assert sum(b - a for a, b in found.rest) + sum(
                b - a for one in found.early for a, b in one.spans
            ) == program.parameter_count  # fmt: skip


def test_who_has_no_need_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of(PLAIN)
    total = np.zeros(program.parameter_count + 2, np.int64)
    assert Overlap.of(program, total, Alone()) is None

    def work(worker: Worker) -> list[bool]:
        found = [Overlap.of(program, total.copy(), worker) is None]
        few = replace(program, slots=program.slots[:2])
        found.append(Overlap.of(few, total.copy(), worker) is None)
        worker.aside = None  # as where the driver adds
        return [*found, Overlap.of(program, total.copy(), worker) is None]

    assert together(2, work) == [[False, True, True]] * 2

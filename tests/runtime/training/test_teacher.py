"""`teach` and `prune`: the same bits whoever trains."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_every_word import DIGITS, Together, Watcher, job_of

from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.runtime.models.model import Model
from lenet.runtime.start_from import first_state, starting_weights
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.job import Job
from lenet.runtime.training.loop import run_training
from lenet.runtime.training.parameters import digest, initial_weights, to_tensors
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.source import InMemory

NET = """\
input 1x8x8
flatten
linear 12
tanh
linear 10
logsoftmax
data digits
{augment}train
  rate 0.05
  batch 200
  stop after 2 epochs
{more}"""
SOURCE = InMemory.of(DIGITS)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that nobody has trained will do."""
    text = NET.format(augment="", more="").replace("linear 12", "linear 15")
    program = compile_graph(check_graph(text, "x"))
    names = tuple(map(str, range(10)))
    tensors = to_tensors(program, 5 * initial_weights(program, 7))
    model = Model(text, tensors, names, DIGITS.scale, (0.3,), (0.4,))
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    model.save(path)
    replace(model, source=text.replace("15", "12"), tensors=to_tensors(
        small := compile_graph(check_graph(text.replace("15", "12"), "x")),
        initial_weights(small, 8))).save(path.with_name("begin.safetensors"))  # fmt: skip
    return path


def trained(job: Job, workers: int, begin: bytes, threads: int = 1) -> tuple[str, int]:
    """The digest, the same for all workers, and how many weights are 0."""
    together, found = Together(workers), []

    def work(rank: int) -> None:
        shard = deal(SOURCE.train, SOURCE.test, job.slices, rank, workers)
        communicator = together.member(rank) if workers > 1 else Alone()
        watcher = Watcher(-5, begin) if rank == 0 else None
        tensors = run_training(job, shard, threads, communicator, watcher).tensors
        found.append((digest(tensors), sum(int((t == 0).sum()) for t in tensors.values())))

    members = [threading.Thread(target=work, args=(rank,)) for rank in range(workers)]
    for member in members:
        member.start()
    for member in members:
        member.join()
    assert len(found) == workers and len(set(found)) == 1
    return found[0]


@pytest.mark.parametrize("augment", ["", "augment\n  shift 1\n  mixup 0.2\n"])
def test_threads_and_workers_give_the_same_bits(teacher: Path, augment: str) -> None:
    begin = teacher.with_name("begin.safetensors")
    more = f'  teach "{teacher}" temperature 3\n  start from "{begin}"\n  prune 0.5\n'
    job = job_of(NET.format(augment=augment, more=more))
    weights = starting_weights(job.graph, Path("x"), lambda event: None)
    assert weights is not None and job.teacher is not None
    state = first_state(job, weights)
    first, zeros = trained(job, 1, state)
    assert zeros == (64 * 12 + 12 * 10) // 2
    for workers, threads in ((1, 2), (2, 1), (3, 2)):
        assert trained(job, workers, state, threads) == (first, zeros)
    other = job_of(NET.format(augment=augment, more=more.replace("temperature 3", "share 0.1")))
    assert other.digest != job.digest


def test_a_teacher_says_the_same_alone_and_among_others(teacher: Path) -> None:
    """What makes the bits of a worker those of all; and as its model says it."""
    job = job_of(NET.format(augment="", more=f'  teach "{teacher}"\n'))
    assert job.teacher is not None
    pixels = SOURCE.train.pixels[:50].reshape(50, -1)
    whole = job.teacher.answers(pixels)
    for some in (slice(0, 1), slice(3, 20), slice(17, 50)):
        np.testing.assert_array_equal(job.teacher.answers(pixels[some]), whole[some])
    model = Model.open(teacher)
    np.testing.assert_array_equal(model.outputs(pixels, in_blocks=True), whole)

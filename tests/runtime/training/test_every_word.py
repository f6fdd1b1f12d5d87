"""Whatever words a file has: the same bits with any threads and workers, and after a kill."""

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sections import spec

from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.vocabulary import Registry
from lenet.dsl.words import KINDS
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.target import Target
from lenet.runtime.datasets import load_dataset
from lenet.runtime.events import Event, IterationDone
from lenet.runtime.make_job import make_job
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.importance import weighted
from lenet.runtime.training.job import Job
from lenet.runtime.training.loop import run_training
from lenet.runtime.training.parameters import digest
from lenet.runtime.training.source import InMemory, check_source

DIGITS = load_dataset("digits")


def source_of(graph: Graph) -> InMemory:
    """The digits, or their images with other answers that the net's loss takes."""
    target = Target.of(graph)
    if target.is_class:
        return InMemory.of(DIGITS)

    def answered(images: Images) -> Images:
        wide = images.pixels.reshape(len(images), -1)[:, 8 : 8 + 5 * target.count : 5] / 16.0
        if target.kind == "yes or no":
            wide = wide > 0.4
        elif target.high == 1:
            wide = (wide + 0.01) / (wide + 0.01).sum(axis=1, keepdims=True)
        elif target.low == 0:
            wide = np.floor(4 * wide)
        return Images(images.pixels, np.ascontiguousarray(wide, np.float32))

    assert DIGITS.test is not None
    train, test = answered(DIGITS.train), answered(DIGITS.test)
    return InMemory.of(replace(DIGITS, train=train, test=test, classes=target.names("answer")))


class Together:
    """Several workers in threads of this process, whose sums are added when all have come."""

    def __init__(self, size: int) -> None:
        self.size, self.given = size, [np.zeros(0, np.int64)] * size
        self.barrier = threading.Barrier(size, timeout=60)

    def member(self, rank: int) -> Any:
        whole = self

        class Member(Alone):
            size = whole.size

            def all_reduce(self, total: Any, timeout: float | None = None) -> None:
                whole.given[rank] = total.copy()
                whole.barrier.wait()
                total[:] = sum(whole.given)
                whole.barrier.wait()

        member = Member()
        member.rank = rank  # type: ignore[misc]
        return member


class Killed(Exception):
    pass


class Watcher:
    """Keeps each checkpoint, and ends the training after an iteration."""

    def __init__(self, end: int = 0, begin: bytes | None = None) -> None:
        self.end, self.state, self.iteration = end, begin, 0

    def report(self, event: Event) -> None:
        if isinstance(event, IterationDone):
            self.iteration = event.iteration
            if event.iteration == self.end + 1:
                raise Killed

    def newest(self) -> bytes | None:
        return self.state

    def asked(self) -> bool:
        return self.iteration == self.end

    def keep(self, state: bytes) -> None:
        self.state = state


def job_of(text: str) -> Job:
    graph = check_graph(text, "x")
    source = source_of(graph)
    return make_job(weighted(graph, source), Path("x"), source, {})[0]


def train(job: Job, threads: int = 1, **watched: Any) -> str:
    watcher = Watcher(**{"end": -5, **watched})
    shard = source_of(job.graph).shard(job.slices)
    return digest(run_training(job, shard, threads, Alone(), watcher).tensors)


def train_together(job: Job, size: int) -> set[str]:
    from lenet.runtime.training.slices.shard import deal

    together, found, source = Together(size), [], source_of(job.graph)

    def work(rank: int) -> None:
        shard = deal(source.train, source.test, job.slices, rank, size)
        found.append(digest(run_training(job, shard, 1, together.member(rank), None).tensors))

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == size
    return set(found)


def train_again(job: Job, end: int) -> str:
    """Killed in the step behind an iteration, and gone on with from its checkpoint."""
    watcher = Watcher(end)
    with pytest.raises(Killed):
        run_training(job, source_of(job.graph).shard(job.slices), 2, Alone(), watcher)
    assert watcher.state is not None
    return train(job, begin=watcher.state)


@settings(max_examples=12 if "LENET_LARGE" in os.environ else 4, deadline=None)
@given(seed=st.integers(0, 10**6))
@pytest.mark.slow
def test_the_bits_are_the_same_whoever_trains(seed: int) -> None:
    job = job_of(spec(seed))
    try:
        found = {train(job)}
    except LenetError as error:  # a rate that is too high for a word
        assert "diverged" in error.title
        assume(False)
    found |= {train(job, threads=2), *train_together(job, 3), train_again(job, 5)}
    assert len(found) == 1, spec(seed)


def test_every_word_comes_up() -> None:
    """In the files that are drawn: so that a new word is tried without a line for it here."""
    texts = "\n".join(spec(seed) for seed in range(1500))
    seen = set(texts.split())
    sections = {"optimizer", "loss", "way to change the rate", "initial value", "line of augment"}
    tried: list[Registry[Any]] = [kind.words for kind in KINDS if kind.what in sections]
    for words in tried:
        missing = {
            entry.name for entry in words.values()
            if entry.name not in seen and not getattr(entry, "resizes", "")
            and getattr(entry, "takes", "") != "distances"
            and not getattr(entry, "of_colours", False)
        }  # fmt: skip
        assert not missing


@pytest.mark.parametrize("seed", range(0, 400, 7))
def test_the_files_are_sound(seed: int) -> None:
    check_graph(spec(seed), "x")


def test_a_cycle_goes_on_with_the_momentum_that_is_due() -> None:
    text = "input 1x8x8\nflatten\nlinear 10\nlogsoftmax\ndata digits\ntrain\n  batch 200\n"
    text += "  stop after 2 epochs\n  optimizer sgd momentum 0.5\n  rate 0.1 onecycle"
    steady, cycle = job_of(text), job_of(f"{text} momentum 0.95 to 0.7")
    digests = {train(cycle), train(cycle, threads=2), *train_together(cycle, 3)}
    digests |= {train_again(cycle, end) for end in (3, 9)}
    assert len(digests) == 1 and train(steady) not in digests


def test_a_step_by_all_parameters_has_the_same_bits() -> None:
    """Of any threads and workers, and behind a checkpoint; and it leads to where it should."""
    text = "input 1x8x8\nconv 4x3x3\ntanh\nflatten\nlinear 10\nlogsoftmax\ndata digits\ntrain\n"
    text += (
        "  batch 1437\n  stop after 25 epochs\n  rate 1\n  optimizer lbfgs history 5\n  l2 0.001"
    )
    job = job_of(text)
    digests = {train(job), train(job, threads=2), *train_together(job, 3)}
    assert len(digests | {train_again(job, end) for end in (1, 9)}) == 1
    losses: list[float] = []
    watcher = Watcher(-5)
    watcher.report = lambda event: (  # type: ignore[method-assign]
        losses.append(event.loss) if isinstance(event, IterationDone) else None
    )
    run_training(job, source_of(job.graph).shard(job.slices), 1, Alone(), watcher)
    assert len(losses) == 25 and losses[-1] < 0.15 < 2 < losses[0]


def test_all_images_are_one_batch_where_the_optimizer_needs_that() -> None:
    text = "input 1x8x8\nflatten\nlinear 10\nlogsoftmax\ndata digits\ntrain\n  rate 1\n"
    text += "  optimizer lbfgs\n  batch {}\n"
    for batch in (128, 1436):
        with pytest.raises(LenetError, match="`lbfgs` needs all images in one batch") as error:
            check_source(check_graph(text.format(batch), "x"), InMemory.of(DIGITS))
        assert "1,437 images" in error.value.detail and "`batch 1437`" in error.value.fix
    for batch in (1437, 5000):
        check_source(check_graph(text.format(batch), "x"), InMemory.of(DIGITS))

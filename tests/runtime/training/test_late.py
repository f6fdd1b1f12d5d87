"""Gradients that wait until their weights change: the same bits as those that do not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import lenet
from lenet import LenetError
from lenet.compiler.jit.cache import load
from lenet.compiler.kernels import linear
from lenet.compiler.optimizers.rule import rule_of
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.datasets import load_dataset
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.slices import pieces
from lenet.runtime.training.slices.count import slice_count, training_bytes
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import updater_of
from nets import make_case

NET = """\
input 1x8x8
conv 3x3x3
tanh
flatten
linear 37 bias no
tanh
linear 21
relu
linear 10
logsoftmax
data digits
train
  optimizer sgd momentum 0.9
  rate 0.05
  batch 100
  stop after 2 epochs
"""


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Small layers, too, and a few of their rows at a time."""
    monkeypatch.setattr(pieces, "_TOGETHER", 1000)

    def switch(on: bool) -> None:
        monkeypatch.setattr(linear, "_LATE", 200 if on else 2**30)

    return switch


def graph_of(text: str) -> Graph:
    return check_graph(text, "net.lenet")


def program_of(text: str) -> Program:
    return compile_graph(graph_of(text))


def part_of(dataset: Dataset, rows: int) -> Dataset:
    return replace(dataset, train=dataset.train.take(np.arange(rows)))


def changed(**lines: str) -> str:
    text = NET
    for word, line in lines.items():
        start = text.index(f"  {word} ")
        text = text[:start] + f"  {line}\n" + text[text.index("\n", start) + 1 :]
    return text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (NET, 257),
        (changed(batch="batch 320"), 330),  # five slices, and then many without an image
        (changed(batch="batch 63"), 200),  # one slice of four blocks
        (changed(batch="batch 90"), 90),  # and of more than a group
        (changed(optimizer="optimizer adamw decay all"), 200),
        (NET + "  clip value 0.01\n  l2 0.01\n  log gradients every iteration\n", 200),
        (NET.replace("linear 21", "linear 21 rate x 0.5 max_norm 1"), 200),
        (NET.replace("linear 21", "linear 21 frozen"), 200),
        (NET.replace("linear 21", "linear 21 as late"), 200),
        (NET.replace("  stop", "  freeze linear2\n  stop"), 200),
    ],
)
def test_the_same_bits(waiting: Any, text: str, rows: int) -> None:
    dataset, digests = part_of(load_dataset("digits"), rows), set()
    waiting(False)
    assert not program_of(text).late
    known = lenet.train(text, dataset, engine="local", progress=False).digest
    waiting(True)
    assert len(program_of(text).late) == 3
    for threads in (1, 2):
        model = lenet.train(text, dataset, engine="local", threads=threads, progress=False)
        digests.add(model.digest)
    assert digests == {known}


def test_beside_tables(waiting: Any) -> None:
    text = """\
input word one of 9
embed 40
linear 30
tanh
linear 3
data frame
  category word as word
  predict kind
train
  optimizer adam
  rate 0.01
  batch 96
  stop after 3 epochs
"""
    random = np.random.default_rng(1)
    words = random.integers(0, 9, 500)
    rows = pa.table({"word": [f"w{w}" for w in words], "kind": [f"k{w % 3}" for w in words]})
    digests = set()
    for on in (False, True):
        waiting(on)
        assert bool(program_of(text).late) is on
        digests.add(lenet.train(text, rows, engine="local", progress=False).digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    "text",
    [
        NET + "  clip norm 1\n",
        NET + '  start from "model.safetensors"\n  prune 0.5\n',
        changed(optimizer="optimizer lars"),
        changed(optimizer="optimizer lamb"),
        NET.replace("flatten", "batchnorm\nflatten"),
    ],
)
def test_nets_in_which_no_gradient_may_wait(waiting: Any, text: str) -> None:
    """Something has to be known of all gradients, or of the batch, before one is used."""
    waiting(True)
    assert not program_of(text).late


class Split:
    """One of two workers of which the other's sums are added by hand."""

    aside = None

    def __init__(self, rank: int, shared: list[Any]) -> None:
        self.rank, self.size, self.shared = rank, 2, shared

    def all_reduce(self, total: Any) -> None:
        if self.rank == 0:
            self.shared.append(total.copy())
        else:
            total += self.shared.pop()


def trainer_of(text: str, communicator: Any, threads: int = 1) -> Trainer:
    graph = graph_of(text)
    loaded = load(compile_graph(graph))
    images = load_dataset("digits").train
    rank = getattr(communicator, "rank", 0)
    made = Trainer(
        loaded, deal(images, images, slice_count(320), rank, communicator.size),
        Normalization(np.full(1, 1 / 16, np.float32), np.zeros(1, np.float32)),
        initial_weights(loaded.program, 1), updater_of(graph, loaded.program), 320, 1, threads,
        communicator,
    )  # fmt: skip
    made.start_epoch(1)
    return made


def test_two_workers(waiting: Any) -> None:
    waiting(True)
    shared: list[Any] = []
    first, second = (trainer_of(NET, Split(rank, shared)) for rank in (0, 1))
    first.step(0, 0.1)
    second.step(0, 0.1)
    alone = trainer_of(NET, Alone())
    alone.step(0, 0.1)
    assert np.array_equal(alone.weights, second.weights)


def test_the_gradient_is_nowhere_as_a_whole(waiting: Any) -> None:
    waiting(False)
    usual = trainer_of(NET, Alone(), 2)
    waiting(True)
    made = trainer_of(NET, Alone(), 2)
    for trainer in (usual, made):
        trainer.step(0, 0.1)
    spans = made.loaded.program.late
    assert all(not made.way.gradients[:, span.offset : span.end].any() for span in spans)
    assert all(not made.way.totals[:, span.offset : span.end].any() for span in spans)
    assert np.array_equal(made.gradient(), usual.gradient())
    assert np.array_equal(made.weights, usual.weights)
    spared = sum(span.end - span.offset for span in spans)
    counted = [training_bytes(t.loaded.program, 320, 5, 2) for t in (usual, made)]
    factors = 4 * (5 * 4 * made.loaded.program.factor_floats + 2 * pieces.buffer_floats(
        made.loaded.program, 5))  # fmt: skip
    assert counted[1] == counted[0] - 4 * 4 * spared - 2 * 8 * spared + factors


def test_who_diverges_is_told_of_the_tensor(waiting: Any) -> None:
    waiting(True)
    text = NET.replace("linear 21", "linear 21 init constant 3e19")
    text = text.replace("relu\nlinear 10", "linear 10 init constant 3e19")
    with pytest.raises(LenetError) as caught:
        lenet.train(text, engine="local", progress=False)
    assert "linear" in caught.value.detail


@pytest.mark.parametrize("images", [1, 37, 150])
def test_against_the_reference(waiting: Any, images: int) -> None:
    """In float64; 150 images are more than a group of blocks."""
    waiting(True)
    case = make_case("\n".join(NET.splitlines()[:10]), images)
    assert len(case.loaded.program.late) == 3
    _, expected, _ = case.reference.gradients(case.values(), case.labels, "nll")
    _, got, _ = case.kernels()
    largest = max(np.abs(value).max() for value in expected.values())
    for name, value in expected.items():
        assert np.abs(got[name] - value).max() < 3e-5 * largest


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_optimizers_look_at(name: str) -> None:
    rule = rule_of(OPTIMIZERS[name].use())
    assert OPTIMIZERS[name].by_tensor == (rule.measure is not None)
    assert OPTIMIZERS[name].whole == (rule.whole is not None)

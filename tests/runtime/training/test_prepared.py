"""What is made of new weights once a step, which all threads and slices read."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.optimizers.exact import sum_exactly
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.runtime.datasets import load_dataset
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.batches import Batches
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.feed import Part
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.phases import PhasedStep
from lenet.runtime.training.prepared import Prepared, Work
from lenet.runtime.training.slices.count import training_bytes
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import updater_of

NET = """\
input 1x8x8
conv 9x3x3 pad 1 algorithm winograd
{0}
conv 5x3x3 algorithm winograd
tanh
conv 4x3x3 algorithm winograd
flatten
linear 10
logsoftmax
data digits
train
  optimizer sgd momentum 0.9
  rate 0.05
  batch 160
"""
SLICES, STEPS = 5, 3


def loaded(words: str) -> Loaded:
    return load(compile_graph(check_graph(NET.format(words), "prepared.lenet")))


def trained(words: str, threads: int) -> np.ndarray:
    """The weights after some steps; more slices than threads read the same."""
    net, data = loaded(words), load_dataset("digits").train
    program, updater = net.program, updater_of(check_graph(NET.format(words), "x"), net.program)
    ones = Normalization(np.full(1, 1 / 16, np.float32), np.zeros(1, np.float32))
    trainer = Trainer(
        net, deal(data, data, SLICES, 0, 1), ones, initial_weights(program, 1), updater, 160, 1,
        threads, Alone(),
    )  # fmt: skip
    seen: list[Work] = []
    prepared = trainer.way.prepared
    make = prepared.make
    prepared.make = lambda unit, *given: (seen.append(unit), make(unit, *given))
    trainer.start_epoch(1)
    for step in range(STEPS):
        trainer.step(step, 0.05)
    trainer.close()
    assert {work.unit for work in seen} == set(range(len(net.program.preparations)))
    assert Counter(seen) == Counter([work for works in prepared.works for work in works] * STEPS)
    return trainer.weights


@pytest.mark.parametrize("words", ["tanh", "batchnorm"])
def test_once_a_step_whoever_has_which_part(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = trained(words, 1)
    monkeypatch.setattr("lenet.runtime.training.prepared._LEAST", 1)
    works = [work for some in Prepared(loaded(words), 5).works for work in some]
    assert {work.pieces for work in works} == {5}
    assert not np.array_equal(one, initial_weights(loaded(words).program, 1))
    for threads in (2, 5):
        assert np.array_equal(one, trained(words, threads))


def test_all_of_it_is_made_anew() -> None:
    """Forward of all three, and backward of those that have something to go back to."""
    net = loaded("tanh")
    names = [call.function.partition("_")[2] for call in net.program.preparations]
    assert sorted(names) == ["backward_prepare"] * 2 + ["forward_prepare"] * 3
    sizes = [sum(b.size for b in call.buffers) for call in net.program.preparations]
    assert sizes == sorted(sizes, reverse=True), "the longest come first"
    weights, prepared = initial_weights(net.program, 1), Prepared(net, 1)
    found = []
    for factor, left in ((1, np.nan), (1, 0), (2, 0)):
        prepared.floats[:] = left
        prepared.fill(Team(2), 2, weights * np.float32(factor))
        found.append(prepared.floats.copy())
    written = np.isfinite(found[0])
    pairs = 1 * 9 + 2 * (9 * 5 + 5 * 4)  # of channels; what keeps points apart is left alone
    assert written.sum() == 36 * pairs
    assert np.array_equal(found[0][written], found[1][written])
    assert np.array_equal(2 * found[1], found[2])


@pytest.mark.parametrize("words", ["tanh", "batchnorm"])
def test_what_it_takes_is_measured_behind_all_else(words: str) -> None:
    net = load(compile_graph(check_graph(NET.format(words), "prepared.lenet"), probes=True))
    calls = net.program.train_calls
    count, times = len(net.program.preparations), np.zeros(len(calls), np.int64)
    assert calls[-count:] == net.program.preparations
    prepared, weights = Prepared(net, 1), initial_weights(net.program, 1)
    for number in range(len(net.program.phases)):
        prepared.fill(Team(1), 1, weights, number, times)
    assert (times[-count:] > 0).all() and not times[:-count].any()


def test_threads_share_one_layer() -> None:
    """Whose pieces together are the whole, however many there are."""
    text = """\
input 3x9x9
conv 67x3x3 algorithm winograd
conv 50x3x3 algorithm winograd
flatten
linear 10
logsoftmax
"""
    net = load(compile_graph(check_graph(text, "x")))
    weights, prepared = initial_weights(net.program, 1), Prepared(net, 1)
    count = len(net.program.preparations)
    assert count
    found = []
    for pieces in (1, 2, 7, 100):
        prepared.floats[:] = np.nan
        for unit in range(count):
            for piece in reversed(range(pieces)):
                prepared.make(Work(unit, piece, pieces), weights)
        found.append(prepared.floats.tobytes())
    assert len(set(found)) == 1
    sizes = [sum(b.size for b in call.buffers) for call in net.program.preparations]
    several = Prepared(net, 3).works[0]
    assert {work.unit for work in several if work.pieces == 3} == {0, 1}, sizes
    assert Counter(work.unit for work in several) == {w.unit: w.pieces for w in several}


def test_each_phase_finds_its_own() -> None:
    """What is made beside a phase for the next touches nothing that this one reads."""
    net = loaded("batchnorm\nconv 6x3x3 pad 1 algorithm winograd\nbatchnorm")
    phases, prepared = net.program.phases, Prepared(net, 1)
    sizes = [sum(b.size for c in phase.preparations for b in c.buffers) for phase in phases]
    assert sum(map(bool, sizes)) == 4 and net.program.ready_floats < sum(sizes)
    by_phase = [{b for c in phase.preparations for b in c.buffers} for phase in phases]
    for phase, own in zip(phases, by_phase, strict=True):
        read = {b for c in phase.calls for b in c.buffers if b.name.startswith("prepared ")}
        assert read == own
    weights = initial_weights(net.program, 1)
    written = []
    for number in range(len(phases)):
        prepared.floats[:] = np.nan
        prepared.fill(Team(1), 1, weights, number)
        written.append(np.isfinite(prepared.floats))
    assert [w.any() for w in written] == list(map(bool, sizes))
    for one, next_one in pairwise(written):
        assert not (one & next_one).any()


def test_more_threads_than_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without a slice make what the next phase needs while others still read their own."""
    monkeypatch.setattr("lenet.runtime.training.prepared._LEAST", 1)
    net = loaded("batchnorm\nconv 6x3x3 pad 1 algorithm winograd\nbatchnorm")
    images = load_dataset("digits").train
    ones = Normalization(np.full(1, 1 / 16, np.float32), np.zeros(1, np.float32))
    batches, found = Batches(images, ones, None), {1: [], 4: []}
    for threads in found:
        step = PhasedStep(net, images.pixels.dtype, threads, 1, 32, Alone())
        step.prepared.floats[:] = np.nan
        weights, team = initial_weights(net.program, 1), Team(threads)
        for first in range(0, 160, 32):
            own = [Part(batches, np.arange(first, first + 32), np.uint64(1))]
            total = np.zeros(net.program.parameter_count + 2, np.int64)
            parts = step.run(team, weights, own, 32, total)
            assert sum_exactly(*parts, 0, net.program.parameter_count, 1 / 32, total)
            found[threads].append(total.tobytes())
    assert found[1] == found[4] and len(set(found[1])) == 5


def test_its_memory_is_that_of_one() -> None:
    program = loaded("tanh").program
    both = [training_bytes(program, 160, SLICES, threads) for threads in (1, 2)]
    without = replace(program, ready_floats=0)
    for threads, bytes in zip((1, 2), both, strict=True):
        less = bytes - training_bytes(without, 160, SLICES, threads)
        assert less == 4 * program.ready_floats > 0


def test_nothing_to_make() -> None:
    net = load(compile_graph(check_graph("input 9\nlinear 5\nlogsoftmax", "x")))
    assert not net.program.preparations and "prepare" not in net.program.functions
    prepared = Prepared(net, 1)
    prepared.fill(Team(1), 1, initial_weights(net.program, 1))
    assert not prepared.floats.size

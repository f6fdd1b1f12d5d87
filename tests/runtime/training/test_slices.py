"""Every image is used once an epoch, whatever the rows, the batch and who owns which slices."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import lenet
from lenet.compiler.kernels.shared import batch_statistics
from lenet.compiler.optimizers.exact import FRACTION_BITS, LIMIT
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.runtime.training.fixed_point import LOSS_LIMIT, LOSS_UNIT, limit_of_part
from lenet.runtime.training.slices.count import (
    MOST,
    ROWS,
    least_rows,
    slice_count,
    training_bytes,
)
from lenet.runtime.training.slices.order import shares, shuffled, step_count


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 3000), batch=st.integers(1, 1500), seed=st.integers(0, 9))
def test_an_epoch_takes_every_row_once(rows: int, batch: int, seed: int) -> None:
    count = slice_count(batch)
    orders = [shuffled(rows, count, k, seed, 1) * count + k for k in range(count)]
    seen = []
    for step in range(step_count(rows, batch)):
        taken = [orders[k][own] for k, own in enumerate(shares(rows, batch, count, step))]
        sizes = [len(t) for t in taken]
        assert sum(sizes) == min(batch, rows - step * batch)
        assert max(sizes) - min(sizes) <= 1
        seen += [row for t in taken for row in t]
    assert sorted(seen) == list(range(rows))


def test_slices_follow_from_the_batch_and_the_net_alone() -> None:
    assert [slice_count(b) for b in (1, 31, 32, 64, 128, 1024, 2048, 4096, 2**17, 10**6)] == [
        1, 1, 1, 2, 4, 32, 32, 64, 2048, MOST,
    ]  # fmt: skip
    for least in (ROWS, 2 * ROWS):
        assert all(b / slice_count(b, least) >= min(b, least) for b in range(1, 5000))
    # A perceptron moves a weight for each of its multiply-adds, a convolution does not.
    mlp = "input 784\nlinear 512\nrelu\nlinear 10\nlogsoftmax"
    assert least_rows(check_graph(mlp, "mlp.lenet")) == 2 * ROWS
    small = "input 784\nlinear 10\nlogsoftmax"
    assert least_rows(check_graph(small, "small.lenet")) == ROWS
    assert (
        least_rows(lenet.load(Path(__file__).parents[3] / "specs" / "lenet5.lenet").graph) == ROWS
    )


def test_large_nets_share_small_batches_out() -> None:
    heavy = lenet.load(Path(__file__).parents[3] / "specs" / "alexnet.lenet").graph
    assert least_rows(heavy) == 16 and slice_count(32, 16) == 2
    assert [slice_count(batch, 16) for batch in (16, 64, 128, 1024)] == [1, 4, 8, 32]


def test_the_memory_of_threads() -> None:
    """No more of them are busy than there are slices; what is not kept is summed."""
    program = compile_graph(check_graph("input 70\nlinear 50\nlogsoftmax", "x"))
    size, arena = 4 * program.parameter_count, 4 * program.train_floats
    fixed = 3 * size  # weights and two states
    assert training_bytes(program, 64, 2, 1) == fixed + arena + 2 * size
    assert training_bytes(program, 64, 2, 2) == fixed + 2 * arena + 2 * size
    assert training_bytes(program, 64, 2, 8) == training_bytes(program, 64, 2, 2)
    assert training_bytes(program, 96, 3, 1) == fixed + arena + 2 * size + 2 * size  # int64
    assert training_bytes(program, 64, 2, 2, states=0) == size + 2 * arena + 2 * size
    assert training_bytes(program, 64, 2, 2, workers=2) == fixed + arena + size + 6 * size


def test_orders_differ_by_epoch_and_seed_and_never_by_call() -> None:
    a = shuffled(1000, 4, 1, seed=1, epoch=1)
    assert np.array_equal(a, shuffled(1000, 4, 1, seed=1, epoch=1))
    assert not np.array_equal(a, shuffled(1000, 4, 1, seed=1, epoch=2))
    assert not np.array_equal(a, shuffled(1000, 4, 1, seed=2, epoch=1))
    assert sorted(a) == list(range(250))


def test_sums_of_all_slices_fit_into_64_bits() -> None:
    """The limit of a slice's gradient, in the compiler, bears the number of slices, here."""
    assert MOST * LIMIT * 2**FRACTION_BITS <= 2**63
    for slices in (1, 2, 1024, 1025, MOST):
        for limit, unit in (
            (LOSS_LIMIT, LOSS_UNIT),
            (batch_statistics.LIMIT, batch_statistics.UNIT),
        ):
            assert slices * limit_of_part(limit, slices) * unit <= 2**63

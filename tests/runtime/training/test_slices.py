"""Every image is used once an epoch, whatever the rows, the batch and who owns which slices."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import lenet
from lenet.compiler.optimizers.exact import FRACTION_BITS, LIMIT
from lenet.dsl.check import check_graph
from lenet.runtime.training.fixed_point import _LOSS_LIMIT, LOSS_UNIT
from lenet.runtime.training.slices.count import MOST, ROWS, least_rows, slice_count
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
    assert [slice_count(b) for b in (1, 31, 32, 64, 128, 1024, 2048, 4096, 10**6)] == [
        1, 1, 1, 2, 4, 32, 32, 64, MOST,
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


def test_orders_differ_by_epoch_and_seed_and_never_by_call() -> None:
    a = shuffled(1000, 4, 1, seed=1, epoch=1)
    assert np.array_equal(a, shuffled(1000, 4, 1, seed=1, epoch=1))
    assert not np.array_equal(a, shuffled(1000, 4, 1, seed=1, epoch=2))
    assert not np.array_equal(a, shuffled(1000, 4, 1, seed=2, epoch=1))
    assert sorted(a) == list(range(250))


def test_sums_of_all_slices_fit_into_64_bits() -> None:
    """The limit of a slice's gradient, in the compiler, bears the number of slices, here."""
    assert MOST * LIMIT * 2**FRACTION_BITS <= 2**63
    assert MOST * _LOSS_LIMIT * LOSS_UNIT <= 2**63

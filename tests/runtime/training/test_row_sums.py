"""Sums of the gradients of tables, row by row, against those of all rows."""

from threading import Barrier, Thread

import numpy as np
import pytest

from lenet.compiler.optimizers.exact import sum_exactly
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.check import check_graph
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.fixed_point import Diverged
from lenet.runtime.training.tables import Tables

FACTOR = 1 / 37


@pytest.fixture(scope="module")
def program() -> Program:
    """Two tables between other tensors."""
    net = (
        "input a one of 50\ninput b one of 30\ninput c 3 numbers\nconcat\n  path from c\n"
        "    linear 4\n  path from a\n    embed 5\n  path from b\n    embed 17\nlinear 1\n"
    )
    return compile_graph(check_graph(f"{net}train\n  loss mse\n  rate 1\n", "t"))


def gradient_of(program: Program, seed: int) -> np.ndarray:
    """With some rows of each table, and their marks."""
    random = np.random.default_rng(seed)
    found = np.zeros(program.gradient_floats, np.float32)
    found[: program.parameter_count] = random.normal(size=program.parameter_count)
    for table in program.tables:
        rows, width = table.shape
        marked = random.random(rows) < 0.2
        found[table.marks : table.marks + rows] = marked
        own = found[table.offset : table.offset + table.size].reshape(rows, width)
        own[~marked] = 0
    return found


def dense(gradients: list[np.ndarray], size: int) -> np.ndarray:
    rows = np.stack(gradients)
    total = np.zeros(size, np.int64)
    nothing = np.zeros((0, size), np.int64)
    given = rows, np.arange(len(rows)), nothing, np.arange(0)
    assert sum_exactly(*given, 0, size, FACTOR, total)
    return total


def added(program: Program, tables: Tables, seeds: range) -> list[np.ndarray]:
    """One gradient after the other, to the totals of two threads in turn."""
    space = np.zeros((2, program.gradient_floats), np.float32)
    gradients = [gradient_of(program, seed) for seed in seeds]
    for k, gradient in enumerate(gradients):
        thread = k % 2
        space[thread, : program.parameter_count] = 0
        space[thread] = gradient
        tables.add(thread, space, FACTOR, k < 2)
        for table in program.tables:
            assert not space[thread, table.offset : table.offset + table.size].any()
        assert not space[thread, program.parameter_count :].any()
    return gradients


def test_sums_of_touched_rows(program: Program) -> None:
    size, tables = program.parameter_count, Tables(program, 2)
    for seeds in (range(5), range(5, 8)):  # a step, and another
        tables.clear()
        gradients = added(program, tables, seeds)
        assert np.array_equal(tables.totals.sum(axis=0), dense(gradients, size))


class Two(Alone):
    """Two workers in two threads; how many numbers travelled."""

    size = 2
    travelled = 0

    def __init__(self, barrier: Barrier, shared: list[np.ndarray | None], rank: int) -> None:
        self.barrier, self.shared, self.rank = barrier, shared, rank

    def all_reduce(self, total: np.ndarray, timeout: float | None = None) -> None:
        self.shared[self.rank] = total.copy()
        self.barrier.wait(60)
        total += self.shared[1 - self.rank]
        self.travelled += total.size
        self.barrier.wait(60)


def test_what_travels(program: Program) -> None:
    size = program.parameter_count
    totals, gradients, workers = [], [], []
    for rank in range(2):
        tables = Tables(program, 2)
        gradients += added(program, tables, range(2 * rank, 2 * rank + 2))
        totals.append(np.append(tables.totals.sum(axis=0), [rank, 7]))
        workers.append(tables)
    barrier, shared = Barrier(2), [None, None]
    each = [Two(barrier, shared, rank) for rank in range(2)]
    threads = [
        Thread(target=tables.all_reduce, args=(total, one))
        for tables, total, one in zip(workers, totals, each, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for total in totals:
        assert np.array_equal(total[:size], dense(gradients, size))
        assert total[size:].tolist() == [1, 14]
    assert each[0].travelled < size


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e30])
def test_out_of_range(program: Program, wrong: float) -> None:
    table, tables = program.tables[1], Tables(program, 1)
    space = gradient_of(program, 3)[np.newaxis]
    row = int(np.flatnonzero(space[0, table.marks : table.marks + table.shape[0]])[0])
    space[0, table.offset + row * table.shape[1]] = wrong
    with pytest.raises(Diverged):
        tables.add(0, space, FACTOR, True)
    assert not np.isfinite(space).all() or space.max() == np.float32(wrong)  # for who looks

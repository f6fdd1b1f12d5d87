"""Gradients of tables, of which a batch touches few rows: only these are added, travel and are
cleared. The sums are those of all rows."""

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.memory.spans import between, both
from lenet.compiler.optimizers.exact import sum_exactly, sum_rows
from lenet.compiler.program import Program
from lenet.runtime.training.communicator import Communicator
from lenet.runtime.training.fixed_point import check_range

Integers = NDArray[np.int64]


class Tables:
    """A total of gradients for each of some threads, (threads, parameters), and the rows of tables
    in which it is not 0."""

    def __init__(self, program: Program, threads: int) -> None:
        tables, size = program.tables, program.parameter_count
        self.totals = np.zeros((threads, size), np.int64)
        given = [(table.offset, *table.shape, table.marks) for table in tables]
        self._tables = np.array(given, np.int64)
        own = between(((table.offset, table.offset + table.size) for table in tables), size)
        self._dense = both(own, program.prompt)
        self._touched = np.zeros((threads, int(self._tables[:, 1].sum())), np.int64)

    def add(self, thread: int, gradients: NDArray[np.float32], factor: float, fresh: bool) -> None:
        """gradients[thread] * factor to the total of this thread, which is 0 before if it is
        `fresh`; LenetError where it leaves its range."""
        total, row = self.totals[thread], np.array([thread])
        parts = gradients, row, self.totals, row[: int(not fresh)]
        for first, last in self._dense:
            check_range(sum_exactly(*parts, first, last, factor, total))
        given = gradients, row, self.totals, row, factor, total
        check_range(sum_rows(*given, self._tables, self._touched[thread]))

    def clear(self) -> None:
        """The rows of the step before."""
        for total, touched in zip(self.totals, self._touched, strict=True):
            for columns, marks in self._each(touched):
                total[columns].reshape(marks.size, -1)[marks != 0] = 0
            touched[:] = 0

    def all_reduce(self, total: Integers, communicator: Communicator) -> None:
        """The sum over all workers of what the totals of this one have come to, of which only the
        rows travel that some worker has touched. Behind the parameters comes what all add."""
        touched: Integers = np.any(self._touched, axis=0).astype(np.int64)
        communicator.all_reduce(touched)
        wanted = np.ones(total.size, np.bool_)
        for columns, marks in self._each(touched):
            wanted[columns].reshape(marks.size, -1)[:] = (marks != 0)[:, np.newaxis]
        travelling = total[wanted]
        communicator.all_reduce(travelling)
        total[wanted] = travelling

    def _each(self, touched: Integers) -> list[tuple[slice, Integers]]:
        """The columns of each table, and which of its rows are touched."""
        ends = np.cumsum(self._tables[:, 1])
        return [
            (slice(offset, offset + rows * width), touched[end - rows : end])
            for (offset, rows, width, _), end in zip(self._tables.tolist(), ends, strict=True)
        ]

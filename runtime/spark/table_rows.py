"""What executors do with the rows of a table before a training: count what is in its columns, and
make rows of floats."""

import json
import pickle
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import product
from lenet.runtime.data.dataset import MOST_WEIGHT
from lenet.runtime.data.features import DROP, Features, columns_for, counts_of
from lenet.runtime.data.formats.columns import answers_of, marks_of, weights_of
from lenet.runtime.data.labels import as_text, is_empty
from lenet.runtime.data.raw_rows import as_ordered_text
from lenet.runtime.data.rows import READY_SCHEMA
from lenet.runtime.data.splits import Parted
from lenet.runtime.datasets import Wanted
from lenet.runtime.inputs import Counts
from lenet.runtime.spark.rows import as_bytes

ROWS = "partition int, rows long"
COUNTED = "counts binary, error string"
KEY, BY = "!key", "!by "  # columns: what a row is called, and what it is ordered by
LABEL = ": the label "  # in a problem with one
_TOGETHER = 2**26  # bytes of rows in one batch
_TOLD, _LONGEST = 4, 30  # columns and characters of a value that tell which row is meant


@dataclass(frozen=True, eq=False)
class Places:
    """Where the first row of each partition stands among all of them, and how these are `parted`;
    or else the column that `marks` those to validate with, if there are any."""

    starts: Mapping[int, int]
    parted: Parted | None
    marks: str = ""

    def used(
        self, batches: Iterator[pa.RecordBatch]
    ) -> Iterator[tuple[pa.Table, NDArray[np.bool_]]]:
        """The rows to train and to validate with, and which are the latter."""
        start = self.starts.get(_partition(), 0)
        for batch in batches:
            table = pa.Table.from_batches([batch])
            rows = np.arange(start, start + batch.num_rows)
            start += batch.num_rows
            if self.parted is not None:
                inside = rows < self.parted.end
                yield table.filter(pa.array(inside)), self.parted.holds_out(rows[inside])
            elif self.marks:
                yield table, marks_of(table, self.marks).to_numpy(zero_copy_only=False)
            else:
                yield table, np.zeros(len(rows), np.bool_)


def _partition() -> int:
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    return int(context.partitionId())


def rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """How many a partition has."""
    count = sum(batch.num_rows for batch in batches)
    columns = [pa.array([_partition()], pa.int32()), pa.array([count], pa.int64())]
    yield pa.record_batch(columns, names=["partition", "rows"])


def with_texts(
    batches: Iterator[pa.RecordBatch], names: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    """Rows with a text for each of some columns, by which they are ordered."""
    for batch in batches:
        texts = [as_ordered_text(batch.column(name)) for name in names]
        heads = [*batch.schema.names, *(f"{BY}{name}" for name in names)]
        yield pa.record_batch([*batch.columns, *texts], names=heads)


def labels(
    batches: Iterator[pa.RecordBatch], name: str, places: Places
) -> Iterator[pa.RecordBatch]:
    """A column of the rows that are used."""
    for table, _ in places.used(batches):
        yield from table.select([name]).to_batches()


def counts(
    batches: Iterator[pa.RecordBatch], wanted: Wanted, places: Places
) -> Iterator[pa.RecordBatch]:
    """What the columns of each input hold, in all rows of a partition to train with; or the error
    that they are."""
    columns = columns_for(wanted.inputs, wanted.section)
    totals: list[Counts] = [Counter() for _ in wanted.inputs]
    found: list[bytes | str | None] = [None, None]
    try:
        for table, held_out in places.used(batches):
            train = table.filter(pa.array(~held_out))
            for total, own in zip(totals, counts_of(wanted.inputs, columns, train), strict=True):
                total.update(own)
        found[0] = pickle.dumps(totals)
    except LenetError as error:
        found[1] = json.dumps(error.words)
    arrays = [pa.array(found[:1], pa.binary()), pa.array(found[1:], pa.string())]
    yield pa.record_batch(arrays, names=["counts", "error"])


def ready(
    batches: Iterator[pa.RecordBatch], wanted: Wanted, features: Features, places: Places
) -> Iterator[pa.RecordBatch]:
    """Rows of a table to READY ones, whose images are the floats that the net reads. Those that the
    section may leave out are called unreadable."""
    size = 4 * sum(product(given.shape) for given in wanted.inputs)
    step = max(1, _TOGETHER // size)
    for table, held_out in places.used(batches):
        for start in range(0, table.num_rows, step):
            own = slice(start, start + step)
            yield _ready(table.slice(start, step), held_out[own], wanted, features)


def _ready(
    table: pa.Table, held_out: NDArray[np.bool_], wanted: Wanted, features: Features
) -> pa.RecordBatch:
    count = table.num_rows
    encoded, (answers,) = features.encode(table), answers_of([table], wanted, "")[0]
    missing = {**answers.problems, **encoded.problems}
    weights = weights_of(table, wanted.section, "")
    wrong = {} if weights is None else _wrong_weights(weights, held_out)
    if wanted.section.missing == DROP:  # whatever the weights of those rows are
        wrong = {row: problem for row, problem in wrong.items() if row not in missing}
    if answers.wrong is not None:
        row, why = answers.wrong
        wrong[row] = f"the {'label' if wanted.target.is_class else 'answer'} {why}"
    problems: list[str | None] = [None] * count
    for row, problem in {**missing, **wrong}.items():
        problems[row] = f"{_named(table, row)}: {problem}"
    of_classes = answers.values.ndim == 1
    columns = [
        pa.nulls(count, pa.string()),
        pa.nulls(count, pa.int64()),
        pa.array(held_out),
        as_bytes(encoded.values),
        pa.array(answers.values if of_classes else np.zeros(count, np.int32)),
        pa.nulls(count, pa.binary()) if of_classes else as_bytes(answers.values),
        pa.nulls(count, pa.float32()) if weights is None else pa.array(weights),
        pa.array(problems, pa.string()),
        pa.array(
            [problem is not None and row not in wrong for row, problem in enumerate(problems)]
        ),
    ]
    return pa.record_batch(columns, schema=READY_SCHEMA)


def _wrong_weights(weights: NDArray[np.float32], held_out: NDArray[np.bool_]) -> dict[int, str]:
    """Those of rows to train with, and why."""
    bad = ~held_out & ~((weights >= 0) & (weights < MOST_WEIGHT))
    limits = f"and weights are numbers from 0 to below {MOST_WEIGHT:,}"
    return {
        int(row): f"the weight is {'empty' if np.isnan(weights[row]) else weights[row]}, {limits}"
        for row in np.flatnonzero(bad)
    }


def _named(table: pa.Table, row: int) -> str:
    """How a row is called in messages: by its key, or by what lacks, and what stands in it."""
    key = table[KEY][row].as_py()
    if key is not None:
        return str(key)
    values = {name: table[name][row].as_py() for name in table.column_names if name[:1] != "!"}
    told = []
    for name in sorted(values, key=lambda name: not is_empty(values[name]))[:_TOLD]:
        text = "empty" if is_empty(values[name]) else clean(as_text(values[name]))
        told.append(f"{clean(name)} {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}")
    return f"the row with {', '.join(told)}"

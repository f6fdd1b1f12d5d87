"""A model as a column of a DataFrame: the executors predict; each worker loads the model once."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import as_image, product
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features, Rows
from lenet.runtime.data.formats.csv import table_of_lines
from lenet.runtime.data.raw_rows import with_columns
from lenet.runtime.data.values import Form, form_of, values_of
from lenet.runtime.models.answered_rows import (
    answer_schema,
    answered,
    features_of,
    with_numbers,
)
from lenet.runtime.models.model import Model

# What an image is predicted to be: the class and its name, and the net's outputs for all classes;
# or other answers (`_answers`); or, where it cannot be used, nothing but the reason.
RESULT = "prediction double, label string, probability array<float>, raw array<float>, error string"
NO_ROWS = "lines are no rows"  # the error where a csv file's lines have to be read otherwise
_RESULT = pa.struct(
    [
        ("prediction", pa.float64()), ("label", pa.string()),
        ("probability", pa.list_(pa.float32())), ("raw", pa.list_(pa.float32())),
        ("error", pa.string()),
    ]
)  # fmt: skip


@lru_cache(maxsize=4)
def _model(data: bytes, threads: int) -> Model:
    return replace(Model.from_bytes(data), threads=threads)


def model_here(data: bytes) -> Model:
    """A model in a task, with as many threads as that has cores; each worker reads it once."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return _model(data, context.cpus() if context is not None else 1)


def predict(batches: Iterator[pa.Array], data: bytes) -> Iterator[pa.Array]:
    """Arrays of images (see runtime/data/rows.py) to RESULT; an empty image gives an empty result.

    Bytes and whole numbers are as in the training data, floats are values; encoded pictures and
    Spark's images are prepared as the training images were.
    """
    model = model_here(data)
    for batch in batches:
        if model.features is not None:
            yield _of_rows(model, model.features, batch)
            continue
        form = form_of(batch.type, as_image(model.image_shape))
        if form is None:
            detail = "Images are binary, arrays of numbers, or Spark's image structs."
            raise LenetError(f"these images are {batch.type}", detail)
        preparation = model.preparation()
        yield _result(
            model, batch, replace(form, preparation=preparation, most=model.most_expected)
        )


def columns(batches: Iterator[pa.Array], data: bytes) -> Iterator[pa.Array]:
    """Structs with the columns of a model's inputs to structs of those of `answer_schema`."""
    model = model_here(data)
    features, schema = features_of(model), answer_schema(model, ())
    for batch in batches:
        found = answered(model, encoded(features, batch), schema)
        yield pa.StructArray.from_arrays(found, fields=list(schema))


def lines(
    batches: Iterator[pa.RecordBatch], data: bytes, names: tuple[str, ...], separator: str
) -> Iterator[pa.RecordBatch]:
    """Lines of csv files, each a row, to rows with what a model says of them, by the same code as
    where there is no Spark. Of a text that goes over several lines, the first one has an odd number
    of quotation marks: then there is a row whose error is NO_ROWS."""
    model = model_here(data)
    features, schema = features_of(model), answer_schema(model, names)
    for batch in batches:
        marks = pc.count_substring(batch.column(0), '"')
        if pc.any(pc.equal(pc.bit_wise_and(marks, 1), 1)).as_py():
            yield _no_rows(features, names, schema)
            return
        table = table_of_lines(batch.column(0), names, separator, features.numbers)
        rows = features.encode(table)
        table = with_numbers(table, features)
        for field, column in zip(schema, answered(model, rows, schema), strict=True):
            table = table.append_column(field, column)
        yield from table.combine_chunks().to_batches()


def _no_rows(features: Features, names: tuple[str, ...], schema: pa.Schema) -> pa.RecordBatch:
    """A row of nothing but NO_ROWS."""
    columns = [(name, pa.float64() if name in features.numbers else pa.string()) for name in names]
    fields = pa.schema([*columns, *schema])
    found = [pa.array([NO_ROWS if f.name == "error" else None], f.type) for f in fields]
    return pa.RecordBatch.from_arrays(found, schema=fields)


def _result(model: Model, images: pa.Array, form: Form) -> pa.Array:
    values = values_of(images, form)
    outputs = np.zeros((len(values), product(model.graph.output)), np.float32)
    for pictures in (False, True):
        own = {k: v.image for k, v in enumerate(values) if v.picture == pictures}
        images_of = {k: image for k, image in own.items() if image is not None}
        if images_of:
            rows, chosen = list(images_of), np.stack(list(images_of.values()))
            outputs[rows] = model.outputs(model.of_pictures(chosen) if pictures else chosen)
    bad = np.array([value.image is None for value in values], bool)
    problems = pa.array([value.problem for value in values], pa.string())
    empty = pa.array(images.is_null().to_numpy(zero_copy_only=False))
    said = (
        _answers(model, outputs, bad) if model.unit is not None else _classes(model, outputs, bad)
    )
    return pa.StructArray.from_arrays([*said, problems], fields=list(_RESULT), mask=empty)


def _of_rows(model: Model, features: Features, batch: pa.Array) -> pa.Array:
    """Structs with the columns of the model's inputs, and maybe others."""
    if not pa.types.is_struct(batch.type):
        listed = ", ".join(features.names)
        raise LenetError(
            f"the model reads columns, not {batch.type}",
            f"Its columns are {listed}.",
            f"give a struct of them: predict(struct({listed}))",
        )
    rows = encoded(features, batch)
    outputs = np.zeros((len(batch), product(model.graph.output)), np.float32)
    bad = np.zeros(len(batch), bool)
    bad[list(rows.problems)] = True
    whole = np.flatnonzero(~bad)
    if len(whole):
        outputs[whole] = model.outputs(rows.values[whole])
    problems = pa.array([rows.problems.get(k) for k in range(len(batch))], pa.string())
    said = (
        _answers(model, outputs, bad) if model.unit is not None else _classes(model, outputs, bad)
    )
    empty = pa.array(batch.is_null().to_numpy(zero_copy_only=False))
    return pa.StructArray.from_arrays([*said, problems], fields=list(_RESULT), mask=empty)


def encoded(features: Features, batch: pa.Array) -> Rows:
    """The rows of structs. Where a column is not of its kind, none can be used: that is said of
    each, since what a task raises is a trace of Java and Python to who reads it."""
    names = [batch.type.field(k).name for k in range(batch.type.num_fields)]
    rows = with_columns(pa.Table.from_arrays(batch.flatten(), names=names), features)
    try:
        return features.encode(rows)
    except DataError as error:
        size = sum(product(given.shape) for given in features.inputs)
        wrong = dict.fromkeys(range(len(batch)), error.title)
        return Rows(np.zeros((len(batch), size), np.float32), wrong, set())


def _answers(model: Model, outputs: NDArray[np.float32], bad: NDArray[np.bool_]) -> list[Any]:
    """The first answer is the prediction, 1 for yes, or a class; `raw` are all numbers in their
    unit, the logarithms of the odds, or scores; numbers have no probabilities."""
    assert model.unit is not None
    found, points = model.unit.all_of(outputs), model.unit.points(outputs)
    first: NDArray[Any]
    count = len(outputs)
    nothing = pa.nulls(count, pa.string())
    if model.unit.answers == "numbers":
        first, raw = model.unit.in_columns(points)[:, 0], model.unit.in_columns(found)
        probabilities: Any = pa.nulls(count, pa.list_(pa.float32()))
    else:
        yes = points > 0.5 if model.unit.answers == "yes or no" else points
        first, raw = yes[:, 0], outputs
        probabilities = _lists(found.astype(np.float32), bad)
    prediction = pa.array(first.astype(np.float64), mask=bad)
    return [prediction, nothing, probabilities, _lists(raw, bad)]


def _classes(model: Model, outputs: NDArray[np.float32], bad: NDArray[np.bool_]) -> list[Any]:
    probabilities = np.exp(outputs) if model.logarithmic else outputs
    with np.errstate(divide="ignore"):
        raw = outputs if model.logarithmic else np.log(outputs)
    best = probabilities.argmax(axis=1)
    return [
        pa.array(best.astype(np.float64), mask=bad),
        pa.array(model.classes).take(pa.array(best, mask=bad)),
        _lists(probabilities, bad),
        _lists(raw, bad),
    ]


def _lists(rows: Any, bad: Any) -> pa.Array:
    count, width = rows.shape
    offsets = pa.array(np.arange(0, (count + 1) * width, width, dtype=np.int32))
    values = pa.array(rows.ravel(), pa.float32())
    return pa.ListArray.from_arrays(offsets, values, mask=pa.array(bad))

"""A model as a column of a DataFrame: the executors predict; each worker loads the model once."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from dsl.errors import LenetError
from runtime.data.rows import Form, as_image, form_of, values_of
from runtime.model import Model

# What an image is predicted to be: the class and its name, and the net's outputs for all classes.
RESULT = "prediction double, label string, probability array<float>, raw array<float>"
_RESULT = pa.struct(
    [
        ("prediction", pa.float64()), ("label", pa.string()),
        ("probability", pa.list_(pa.float32())), ("raw", pa.list_(pa.float32())),
    ]
)  # fmt: skip


@lru_cache(maxsize=4)
def _model(data: bytes, threads: int) -> Model:
    return replace(Model.from_bytes(data), threads=threads)


def predict(batches: Iterator[pa.Array], data: bytes) -> Iterator[pa.Array]:
    """Arrays of images (see runtime/data/rows.py) to RESULT; an empty image gives an empty result.

    Bytes and whole numbers are as in the training data, floats are values.
    """
    from pyspark import TaskContext

    context = TaskContext.get()
    model = _model(data, context.cpus() if context is not None else 1)
    for batch in batches:
        form = form_of(batch.type, as_image(model.image_shape))
        if form is None:
            detail = "Images are binary, arrays of numbers, or Spark's image structs."
            raise LenetError(f"these images are {batch.type}", detail)
        present = batch.drop_null() if batch.null_count else batch
        if not len(present):
            yield pa.nulls(len(batch), _RESULT)
            continue
        found = _result(model, present, form)
        if batch.null_count:
            places = np.cumsum(batch.is_valid().to_numpy(zero_copy_only=False)) - 1
            indices = pa.array(
                places, pa.int64(), mask=batch.is_null().to_numpy(zero_copy_only=False)
            )
            found = found.take(indices)
        yield found


def _result(model: Model, images: pa.Array, form: Form) -> pa.Array:
    try:
        values = values_of(images, form)
    except ValueError as problem:
        raise LenetError("an image cannot be used", str(problem)) from None
    outputs = model.outputs(values)
    probabilities = np.exp(outputs) if model.logarithmic else outputs
    with np.errstate(divide="ignore"):
        raw = outputs if model.logarithmic else np.log(outputs)
    best = probabilities.argmax(axis=1)
    fields: list[Any] = [
        pa.array(best.astype(np.float64)),
        pa.array(model.classes).take(pa.array(best)),
        _lists(probabilities),
        _lists(raw),
    ]
    return pa.StructArray.from_arrays(fields, fields=list(_RESULT))


def _lists(rows: Any) -> pa.Array:
    count, width = rows.shape
    offsets = pa.array(np.arange(0, (count + 1) * width, width, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(rows.ravel(), pa.float32()))

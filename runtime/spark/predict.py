"""A model as a column of a DataFrame: the executors predict; each worker loads the model once."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from lenet.dsl.errors import LenetError
from lenet.runtime.data.values import Form, as_image, form_of, values_of
from lenet.runtime.models.model import Model

# What an image is predicted to be: the class and its name, and the net's outputs for all classes;
# or, where it cannot be used, nothing but the reason.
RESULT = "prediction double, label string, probability array<float>, raw array<float>, error string"
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


def predict(batches: Iterator[pa.Array], data: bytes) -> Iterator[pa.Array]:
    """Arrays of images (see runtime/data/rows.py) to RESULT; an empty image gives an empty result.

    Bytes and whole numbers are as in the training data, floats are values; encoded pictures and
    Spark's images are prepared as the training images were.
    """
    from pyspark import TaskContext

    context = TaskContext.get()
    model = _model(data, context.cpus() if context is not None else 1)
    for batch in batches:
        form = form_of(batch.type, as_image(model.image_shape))
        if form is None:
            detail = "Images are binary, arrays of numbers, or Spark's image structs."
            raise LenetError(f"these images are {batch.type}", detail)
        preparation = model.preparation()
        yield _result(
            model, batch, replace(form, preparation=preparation, most=model.most_expected)
        )


def _result(model: Model, images: pa.Array, form: Form) -> pa.Array:
    values = values_of(images, form)
    outputs = np.zeros((len(values), model.graph.output[0]), np.float32)
    for pictures in (False, True):
        own = {k: v.image for k, v in enumerate(values) if v.picture == pictures}
        images_of = {k: image for k, image in own.items() if image is not None}
        if images_of:
            rows, chosen = list(images_of), np.stack(list(images_of.values()))
            outputs[rows] = model.outputs(model.of_pictures(chosen) if pictures else chosen)
    bad = np.array([value.image is None for value in values], bool)
    probabilities = np.exp(outputs) if model.logarithmic else outputs
    with np.errstate(divide="ignore"):
        raw = outputs if model.logarithmic else np.log(outputs)
    best = probabilities.argmax(axis=1)
    fields: list[Any] = [
        pa.array(best.astype(np.float64), mask=bad),
        pa.array(model.classes).take(pa.array(best, mask=bad)),
        _lists(probabilities, bad),
        _lists(raw, bad),
        pa.array([value.problem for value in values], pa.string()),
    ]
    empty = pa.array(images.is_null().to_numpy(zero_copy_only=False))
    return pa.StructArray.from_arrays(fields, fields=list(_RESULT), mask=empty)


def _lists(rows: Any, bad: Any) -> pa.Array:
    count, width = rows.shape
    offsets = pa.array(np.arange(0, (count + 1) * width, width, dtype=np.int32))
    values = pa.array(rows.ravel(), pa.float32())
    return pa.ListArray.from_arrays(offsets, values, mask=pa.array(bad))

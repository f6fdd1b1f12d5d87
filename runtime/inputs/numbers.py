"""numbers: columns side by side, each brought to mean 0 and deviation 1 of the training rows."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import product
from lenet.runtime.data.dataset import DataError
from lenet.runtime.inputs import Columns, Encoded, Facts

_LARGEST = float(np.finfo(np.float32).max)


def matrix_of(columns: Columns) -> NDArray[np.float64]:
    """(rows, columns); NaN where a value is missing. DataError for a column of other values."""
    return np.stack([_floats(column) for column in columns], axis=1)


def _floats(column: pa.Array) -> NDArray[np.float64]:
    kind, types = column.type, pa.types
    if not (
        types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        or types.is_boolean(kind) or types.is_null(kind)
    ):  # fmt: skip
        strange = next((v for v in column.to_pylist() if _is_strange(v)), None)
        seen = f", such as {clean(strange[:40])}" if strange is not None else ""
        raise DataError(
            f"a column of numbers holds {kind}{seen}", "",
            "name it in a line `category`, or mend the table",
        )  # fmt: skip
    column = column.cast(pa.int8()) if types.is_boolean(kind) else column
    floats: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(np.abs(floats) <= _LARGEST, floats, np.nan)


def _is_strange(value: Any) -> bool:
    """Whether it is a text that is no number."""
    try:
        float(value)
    except ValueError:
        return True
    except TypeError:
        return False
    return False


def learn(given: Input, columns: Columns) -> dict[str, Any]:
    """Means and deviations; what never varies is only shifted."""
    values = matrix_of(columns)
    if len(values) and np.isnan(values).all(axis=0).any():
        place = int(np.isnan(values).all(axis=0).argmax())
        raise DataError(f"column {place + 1} of the numbers for {given.name or 'the input'} is "
                        "empty in all training rows")  # fmt: skip
    mean = np.nanmean(values, axis=0) if len(values) else np.zeros(values.shape[1])
    deviation = np.nanstd(values, axis=0) if len(values) else np.ones(values.shape[1])
    deviation = np.where(deviation > 1e-30, deviation, 1.0)
    return {"mean": mean.tolist(), "deviation": deviation.tolist()}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """In deviations from the mean; a missing value is NaN, and a problem of its row."""
    values = matrix_of(columns)
    problems = {
        int(row): "a number is missing" for row in np.flatnonzero(np.isnan(values).any(axis=1))
    }
    values = (values - np.array(facts["mean"])) / np.array(facts["deviation"])
    return Encoded(values.astype(np.float32), problems)


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    mean, deviation = facts.get("mean"), facts.get("deviation")
    size = given.shape[0] if len(given.shape) == 2 else product(given.shape)
    return all(
        isinstance(values, list)
        and len(values) == size
        and all(isinstance(v, float | int) and math.isfinite(v) for v in values)
        for values in (mean, deviation)
    ) and all(v > 0 for v in deviation or ())

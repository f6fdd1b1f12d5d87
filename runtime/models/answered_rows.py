"""What a model says of many rows, as columns beside those that the rows have."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features, Rows
from lenet.runtime.data.labels import is_text
from lenet.runtime.inputs.numbers import numbers_of_texts
from lenet.runtime.models.prediction import Answered

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

PREDICTION, LABEL, PROBABILITY, ERROR = "prediction", "label", "probability", "error"


def features_of(model: "Model") -> Features:
    """What makes rows of a table for a model; DataError where it reads no tables."""
    if model.features is None:
        raise DataError(
            "the model reads images, and no tables", "", "leave -o out", "use model.predict(images)"
        )
    return model.features


def answer_schema(model: "Model", names: tuple[str, ...]) -> pa.Schema:
    """The columns that a model adds to rows with columns of such names: of a class its number, its
    name and its probability; numbers; 1 for yes or 0 for no, and the probability of yes; and why a
    row cannot be used. Of several answers, each has its name behind. DataError where they are there
    already."""
    answers = model.unit.names(model.classes) if model.unit is not None else ()
    behind = [""] if len(answers) <= 1 else [f" {name}" for name in answers]
    fields = [(f"{PREDICTION}{end}", pa.float32()) for end in behind]
    if model.unit is None:
        fields += [(LABEL, pa.string()), (PROBABILITY, pa.float32())]
    elif model.unit.answers == "yes or no":
        fields += [(f"{PROBABILITY}{end}", pa.float32()) for end in behind]
    fields.append((ERROR, pa.string()))
    there = next((name for name, _ in fields if name in names), None)
    if there is not None:
        raise DataError(f"the table has a column {clean(there)} already", "", "rename or drop it")
    return pa.schema(fields)


def answered(model: "Model", rows: Rows, schema: pa.Schema) -> list[pa.Array]:
    """The columns of `answer_schema` for rows; all but the reason are null where there is one."""
    count = len(rows.values)
    bad = np.zeros(count, bool)
    bad[list(rows.problems)] = True
    whole = np.flatnonzero(~bad)
    found: Any = model.predict(rows.values[whole]) if len(whole) else None
    columns: list[pa.Array] = []
    if found is None:
        columns = [pa.nulls(count, field.type) for field in schema][:-1]
    elif isinstance(found, Answered):
        values = list(found.values.T)
        if found.answers == "yes or no":
            values = [*((v > 0.5).astype(np.float32) for v in values), *values]
        columns = [_spread(value, whole, count) for value in values]
    else:
        best = found.probabilities.max(axis=1)
        names = pa.array(found.labels).take(pa.array(found.classes))
        columns = [
            _spread(found.classes.astype(np.float32), whole, count),
            names.take(_places(whole, count)),
            _spread(best, whole, count),
        ]
    reasons = [rows.problems.get(k) for k in range(count)] if rows.problems else None
    return [*columns, pa.nulls(count, pa.string()) if reasons is None else
            pa.array(reasons, pa.string())]  # fmt: skip


def with_numbers(table: pa.Table, features: Features) -> pa.Table:
    """With numbers in the columns that a model takes for such, where they are text: null where a
    text is none."""
    for name in features.numbers:
        column = table[name]
        if is_text(column.type):
            number, _ = numbers_of_texts(column.combine_chunks())
            place = table.column_names.index(name)
            table = table.set_column(place, name, number.cast(pa.float64()))
    return table


def _places(whole: NDArray[np.int64], count: int) -> pa.Array:
    """For each row its place among those that can be used, or null."""
    places = np.zeros(count, np.int64)
    places[whole] = np.arange(len(whole))
    there = np.zeros(count, bool)
    there[whole] = True
    return pa.array(places, mask=~there)


def _spread(values: NDArray[Any], whole: NDArray[np.int64], count: int) -> pa.Array:
    if len(whole) == count:
        return pa.array(values)
    return pa.array(values).take(_places(whole, count))

"""numbers: columns side by side, each brought to mean 0 and deviation 1 of the training rows."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import product
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.exact import moments_of, sums_of
from lenet.runtime.data.labels import EMPTY, is_text
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts

_LARGEST = float(np.finfo(np.float32).max)
_LEAST = 1e-30  # of a deviation that is divided by


def matrix_of(columns: Columns) -> NDArray[np.float64]:
    """(rows, columns); NaN where a value is missing. DataError for a column of other values."""
    found = [_floats(column) for column in columns]
    for column, (_, strange) in zip(columns, found, strict=True):
        if strange:
            raise _no_numbers(column.type, next(iter(strange.values())))
    return np.stack([floats for floats, _ in found], axis=1)


def _floats(column: pa.Array) -> tuple[NDArray[np.float64], dict[int, str]]:
    """The numbers of a column, NaN where one is missing, and what is none, by its row: texts that
    say no number, and what has no end. DataError for a column of another kind."""
    kind, types = column.type, pa.types
    texts = is_text(kind)
    if texts:
        column, strange = numbers_of_texts(column)
    elif (
        types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        or types.is_boolean(kind) or types.is_null(kind)
    ):  # fmt: skip
        column, strange = column.cast(pa.int8()) if types.is_boolean(kind) else column, {}
    else:
        raise _no_numbers(kind)
    floats: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    large = ~np.isnan(floats) & ~(np.abs(floats) <= _LARGEST)
    for row in np.flatnonzero(large).tolist():
        strange[row] = f"{floats[row]:g}"
    return np.where(large, np.nan, floats), strange


def _no_numbers(kind: pa.DataType, strange: str = "") -> DataError:
    seen = f", such as {clean(strange[:_SHOWN])}" if strange else ""
    if strange and not is_text(kind):
        return DataError(f"a number is {strange}, which is no finite one", "", "mend the table")
    return DataError(
        f"a column of numbers holds {kind}{seen}", "",
        "name it in a line `category`, or mend the table",
    )  # fmt: skip


_SHOWN = 40  # characters of a value in a message
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def numbers_of_texts(column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Texts as numbers, as csv files have them, and those that are none, by their rows."""
    compute = pa.compute
    texts = compute.utf8_trim_whitespace(column.cast(pa.string()))
    empty = compute.is_in(texts, pa.array(EMPTY))
    texts = compute.if_else(empty, pa.scalar(None, pa.string()), texts)
    for word, number in (("true", "1"), ("false", "0")):
        texts = compute.replace_substring_regex(texts, f"^(?i:{word})$", number)
    good = compute.fill_null(compute.match_substring_regex(texts, _NUMBER), True)
    rows = np.flatnonzero(~good.to_numpy(zero_copy_only=False)).tolist()
    strange = {row: texts[row].as_py() for row in rows}
    whole = compute.if_else(good, texts, pa.scalar(None, pa.string()))
    return compute.replace_substring(whole, "+", "", max_replacements=1), strange


_ROWS, _TOTAL, _SQUARES = "rows", "total", "squares"


def count(given: Input, columns: Columns) -> Counts:
    """Of each column, by its place, the sums of what is there, and of its squares, as
    runtime/data/exact.py has them."""
    found: Counts = Counter({_ROWS: len(columns[0])})
    for place, own in enumerate(matrix_of(columns).T):
        there = own[~np.isnan(own)]
        found[place, _ROWS] = len(there)
        found[place, _TOTAL], found[place, _SQUARES] = sums_of(there)
    return found


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """Means and deviations; what never varies is only shifted."""
    means, deviations = [], []
    for place in sorted(key[0] for key in counts if isinstance(key, tuple) and key[1] == _ROWS):
        mean, deviation = 0.0, 0.0
        if counts[place, _ROWS]:
            mean, deviation = moments_of(*(counts[place, k] for k in (_ROWS, _TOTAL, _SQUARES)))
        elif counts[_ROWS]:
            raise DataError(f"column {place + 1} of the numbers for {given.name or 'the input'} is "
                            "empty in all training rows")  # fmt: skip
        means.append(mean)
        deviations.append(deviation if deviation > _LEAST else 1.0)
    return {"mean": means, "deviation": deviations}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """In deviations from the mean; where a value is missing, or is no number, NaN."""
    found = [_floats(column) for column in columns]
    values = np.stack([floats for floats, _ in found], axis=1)
    wrong: dict[int, str] = {}
    for _, strange in found:
        for row, text in strange.items():
            wrong.setdefault(row, f"{clean(text[:_SHOWN]) or 'a value'} is no number")
    empty = np.flatnonzero(np.isnan(values).any(axis=1)).tolist()
    missing = {row: "a number is missing" for row in empty if row not in wrong}
    values = (values - np.array(facts["mean"])) / np.array(facts["deviation"])
    with np.errstate(over="ignore"):
        floats = values.astype(np.float32)
    for row in np.flatnonzero(np.isinf(floats).any(axis=1)).tolist():
        wrong.setdefault(row, "a number is too far from those of the training rows")
    return Encoded(floats, missing, wrong)


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

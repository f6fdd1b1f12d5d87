"""Labels of all kinds as numbers of classes, with the classes' names where they have some."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError, Dataset

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_WHOLE = 2**64  # what is larger is written with an exponent
MOST_CLASSES = 10_000  # that text makes
EMPTY = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")  # of text files, what is not there


def names_of(values: Sequence[Any], what: str) -> tuple[str, ...]:
    """The classes that different labels make: numbers in their order, text by the alphabet.
    DataError where they are too many to be meant."""
    present = {value for value in values if not is_empty(value)}
    if len(present) > MOST_CLASSES:
        raise DataError(
            f"{what} has {len(present):,} different labels",
            f"Each makes a class, and {MOST_CLASSES:,} are the most.",
            "is this the column of the labels?",
        )
    if endless := present & {math.inf, -math.inf}:
        detail = "A label is a finite number, or text."
        raise DataError(f"{what} has a label {endless.pop():g}", detail, "mend or remove its rows")
    if all(isinstance(value, int | float | Decimal) for value in present):
        return tuple(as_text(value) for value in sorted(present))
    return tuple(sorted({as_text(value) for value in present}))


def as_text(value: Any) -> str:
    """How a label is written: 3.0 as 3."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    number = isinstance(value, float | Decimal) and not is_empty(value)
    if number and -_MOST_WHOLE < value < _MOST_WHOLE and value == int(value):
        return str(int(value))
    return str(value)


def is_empty(value: Any) -> bool:
    """Whether it is no label: None, NaN or pandas' NA."""
    if isinstance(value, Decimal):
        return value.is_nan()
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def is_text(kind: "pa.DataType") -> bool:
    """Whether a column's values are text, or refer to some."""
    import pyarrow as pa  # images need not wait for it

    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def check_kind(kind: "pa.DataType", what: str) -> None:
    """DataError for labels that are neither numbers nor text: one-hot rows, above all."""
    import pyarrow as pa  # images need not wait for it

    types = pa.types
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        raise one_hot(what, "take the place of the 1 in each: its position, counted from 0")
    known = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    if not (known or is_text(kind) or types.is_decimal(kind)):
        raise DataError(f"The labels of {what} are {kind}.", "They are whole numbers, or text.")


def no_numbers(column: str, kind: object) -> DataError:
    """What is said of a column of answers that holds none."""
    title = f"the answers are numbers, but the column {clean(column)} is {kind}"
    fix = "mend the rows in which it is no number; or for classes, write `loss crossentropy`"
    return DataError(title, "So says the loss, or the line `predict`.", fix)


def one_hot(what: str, cure: str) -> DataError:
    """What is said of labels that are rows of numbers; `cure` is what to write instead."""
    detail = "They look like one-hot labels, a row of numbers each; I take one number each."
    return DataError(f"the labels of {what} are vectors", detail, cure)


def renumbered(dataset: Dataset, first: int, distinct: bool) -> Dataset:
    """As `label from FIRST` and `label distinct` say."""
    parts = [part for part in (dataset.train, dataset.test) if part is not None]
    if distinct:
        values = np.unique(np.concatenate([part.labels for part in parts]))
        names = tuple(str(value) for value in values)
        if dataset.classes:
            names = tuple(dataset.classes[value] for value in values)
        moved = [np.searchsorted(values, part.labels).astype(np.int32) for part in parts]
        return _with_labels(dataset, moved, names)
    if not first:
        return dataset
    least = min(int(part.labels.min()) for part in parts if len(part))
    if least < first:
        raise DataError(
            f"{dataset.name} has a label {least}, but `label from {first}` says that they begin "
            f"at {first}",
            "",
            f"write `label from {least}`" if least else "remove the line",
        )
    return _with_labels(dataset, [part.labels - np.int32(first) for part in parts], ())


def _with_labels(
    dataset: Dataset, labels: list[NDArray[np.int32]], names: tuple[str, ...]
) -> Dataset:
    train = replace(dataset.train, labels=labels[0])
    test = None if dataset.test is None else replace(dataset.test, labels=labels[1])
    return replace(dataset, train=train, test=test, classes=names)

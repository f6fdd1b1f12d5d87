"""Lists of different texts, the most frequent ones first: categories and words."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.labels import as_text, is_empty

PADDING = -1.0
_LONGEST = 2**16  # characters of an entry


def texts_of(column: pa.Array) -> tuple[list[str | None], NDArray[np.int64]]:
    """The different values of a column as texts, None for what is empty, and the number of each
    row's. Numbers are written as labels are: 3.0 is 3."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode(null_encoding="encode")
    values = [_text(value) for value in whole.dictionary.to_pylist()]
    numbers = whole.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return [*values, None], numbers.astype(np.int64)


def _text(value: Any) -> str | None:
    if is_empty(value):
        return None
    text = as_text(value).strip()
    return text or None


def ordered(counts: Counter[str], most: int) -> list[str]:
    """The most frequent texts, those of the same count by their letters."""
    return sorted(counts, key=lambda text: (-counts[text], text))[:most]


def categories(given: Input, counts: Counter[str]) -> list[str]:
    """Those of training rows in this order; DataError where they are more than the input has."""
    if len(counts) > given.of:
        raise DataError(
            f"the input {given.name or 'of categories'} is {given.kind} of {given.of:,}, and the "
            f"training rows have {len(counts):,}",
            f"The rarest are {', '.join(map(clean, ordered(counts, len(counts))[-3:]))}.",
            f"write `{given.kind} of {len(counts)}`",
        )
    return ordered(counts, given.of)


def numbers_of(entries: Iterable[str]) -> dict[str, float]:
    """The place of each entry."""
    return {entry: float(place) for place, entry in enumerate(entries)}


def is_list(entries: Any, most: int) -> bool:
    """Whether a file's value is such a list."""
    return (
        isinstance(entries, list)
        and len(entries) <= most
        and all(isinstance(entry, str) and len(entry) <= _LONGEST for entry in entries)
        and len(set(entries)) == len(entries)
    )

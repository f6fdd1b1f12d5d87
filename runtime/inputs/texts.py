"""Texts as numbers of their parts, which are words or characters."""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from lenet.dsl.inputs import Input
from lenet.runtime.data.labels import as_text, is_empty
from lenet.runtime.inputs import Counts, Encoded
from lenet.runtime.inputs.lists import PADDING, check_plain, numbers_of

Parts = Callable[[str, int], Iterator[str]]


def _texts(column: pa.Array) -> Iterator[str]:
    check_plain(column)
    for value in column.to_pylist():
        yield "" if is_empty(value) else as_text(value)


def counted(column: pa.Array, given: Input, parts: Parts) -> Counts:
    """How often each is among the first parts of a column's texts."""
    counts: Counts = Counter()
    for text in _texts(column):
        counts.update(parts(text, given.shape[0]))
    return counts


def encoded(column: pa.Array, given: Input, entries: list[str], parts: Parts) -> Encoded:
    """(rows, parts): an empty text has padding only."""
    known, other = numbers_of(entries), float(given.of)
    values = np.full((len(column), given.shape[0]), PADDING, np.float32)
    for row, text in enumerate(_texts(column)):
        codes = [known.get(part, other) for part in parts(text, given.shape[0])]
        values[row, : len(codes)] = codes
    return Encoded(values)

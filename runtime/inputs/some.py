"""some: categories of a set, a 1 at the place of each."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from lenet.dsl.inputs import Input
from lenet.runtime.data.labels import as_text, is_empty
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts
from lenet.runtime.inputs.lists import Known, categories, check_plain, is_list

BETWEEN = "|"


def _sets(column: pa.Array) -> list[list[str]]:
    """Of each row: lists, or text with `|` between."""
    types, kind = pa.types, column.type
    lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if not lists or types.is_nested(kind.value_type):
        check_plain(column)
    found = []
    for value in column.to_pylist():
        if not isinstance(value, list):
            value = [] if is_empty(value) else as_text(value).split(BETWEEN)
        texts = [as_text(v).strip() for v in value if not is_empty(v)]
        found.append(list(dict.fromkeys(text for text in texts if text)))
    return found


def count(given: Input, columns: Columns) -> Counts:
    """How often each category is there."""
    return Counter(text for own in _sets(columns[0]) for text in own)


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """The categories, by how often they are there; DataError where they are too many."""
    return {"categories": categories(given, counts)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """What is in no training row is left out."""
    known = Known.of(facts["categories"])
    sets = _sets(columns[0])
    values = np.zeros((len(sets), given.of), np.float32)
    for row, own in enumerate(sets):
        for text in own:
            if (place := known.number(text)) is not None:
                values[row, place] = 1
    return Encoded(values)


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("categories"), given.of)

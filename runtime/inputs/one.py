"""one: a category, as its number in the list of those of the training rows."""

from collections import Counter
from typing import Any

import numpy as np

from lenet.dsl.inputs import Input
from lenet.runtime.inputs import Columns, Encoded, Facts
from lenet.runtime.inputs.lists import categories, is_list, numbers_of, texts_of


def learn(given: Input, columns: Columns) -> dict[str, Any]:
    """The categories, by how often they are there; DataError where they are more than the input
    has."""
    texts, numbers = texts_of(columns[0])
    found: Counter[str] = Counter()
    for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
        text = texts[number]
        if text is not None:
            found[text] += int(count)
    return {"categories": categories(given, found)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """What is empty, or is in no training row, has the number behind the last one."""
    texts, numbers = texts_of(columns[0])
    known, other = numbers_of(facts["categories"]), float(given.of)
    codes = np.array([other if t is None else known.get(t, other) for t in texts], np.float32)
    return Encoded(codes[numbers][:, None])


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("categories"), given.of)

"""one: a category, as its number in the list of those of the training rows."""

from collections import Counter
from typing import Any

import numpy as np

from lenet.dsl.inputs import Input
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts
from lenet.runtime.inputs.lists import Known, categories, is_list, texts_of


def count(given: Input, columns: Columns) -> Counts:
    """How often each category is there."""
    texts, numbers = texts_of(columns[0])
    found: Counts = Counter()
    for number, times in zip(*np.unique(numbers, return_counts=True), strict=True):
        text = texts[number]
        if text is not None:
            found[text] += int(times)
    return found


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """The categories, by how often they are there; DataError where they are more than the input
    has."""
    return {"categories": categories(given, counts)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """What is empty, or is in no training row, has the number behind the last one."""
    texts, numbers = texts_of(columns[0])
    found = map(Known.of(facts["categories"]).number, texts)
    codes = np.array([given.of if place is None else place for place in found], np.float32)
    return Encoded(codes[numbers][:, None])


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("categories"), given.of)

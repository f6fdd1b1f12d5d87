"""one: a category, as its number in the list of those of the training rows."""

from collections import Counter
from typing import Any

import numpy as np

from lenet.dsl.inputs import Input
from lenet.runtime.data.dataset import DataError
from lenet.runtime.inputs import Columns, Encoded, Facts
from lenet.runtime.inputs.lists import is_list, numbers_of, ordered, texts_of


def learn(given: Input, columns: Columns) -> dict[str, Any]:
    """The categories, by how often they are there; DataError where they are more than the input
    has."""
    texts, numbers = texts_of(columns[0])
    found: Counter[str] = Counter()
    for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
        text = texts[number]
        if text is not None:
            found[text] += int(count)
    if len(found) > given.of:
        raise DataError(
            f"the input {given.name or 'of categories'} is one of {given.of:,}, and the training "
            f"rows have {len(found):,}",
            f"The rarest are {', '.join(ordered(found, len(found))[-3:])}.",
            f"write `one of {len(found)}`",
        )
    return {"categories": ordered(found, given.of)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """What is empty, or is in no training row, has the number behind the last one."""
    texts, numbers = texts_of(columns[0])
    known, other = numbers_of(facts["categories"]), float(given.of)
    codes = np.array([other if t is None else known.get(t, other) for t in texts], np.float32)
    return Encoded(codes[numbers][:, None])


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("categories"), given.of)

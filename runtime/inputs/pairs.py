"""pairs: the first pairs of neighbouring words of a text, by their places in the list of the most
frequent ones."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lenet.dsl.inputs import Input
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts
from lenet.runtime.inputs.lists import is_list, ordered
from lenet.runtime.inputs.texts import counted, encoded
from lenet.runtime.inputs.words import words_of


def pairs_of(text: str, most: int) -> Iterator[str]:
    """Each word of the first ones and the next, with a space between."""
    return (f"{one} {other}" for one, other in pairwise(words_of(text, most + 1)))


def count(given: Input, columns: Columns) -> Counts:
    """How often each is there, among the first ones of a row."""
    return counted(columns[0], given, pairs_of)


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """The pairs among the first ones of the training rows, by how often they are there."""
    return {"pairs": ordered(counts, given.of)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """One that is not in the list has the number behind the last one; -1 is none."""
    return encoded(columns[0], given, facts["pairs"], pairs_of)


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("pairs"), given.of)

"""characters: the first characters of a text, as their numbers in the list of the most frequent."""

import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lenet.dsl.inputs import Input
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts
from lenet.runtime.inputs.lists import is_list, ordered
from lenet.runtime.inputs.texts import counted, encoded


def characters_of(text: str, most: int) -> Iterator[str]:
    """As they are written; of what looks alike (NFC) one form is taken."""
    return islice(unicodedata.normalize("NFC", text[: 4 * most]), most)


def count(given: Input, columns: Columns) -> Counts:
    """How often each is there, among the first ones of a row."""
    return counted(columns[0], given, characters_of)


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """The characters among the first ones of the training rows, by how often they are there."""
    return {"characters": ordered(counts, given.of)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """One that is not in the list has the number behind the last one; -1 is none."""
    return encoded(columns[0], given, facts["characters"], characters_of)


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("characters"), given.of)

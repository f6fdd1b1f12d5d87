"""pieces: the first pieces of a text's words, by their places in the list of the most frequent
ones."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from lenet.dsl.inputs import Input
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts
from lenet.runtime.inputs.lists import is_list, ordered
from lenet.runtime.inputs.texts import counted, encoded
from lenet.runtime.inputs.words import words_of

_SHORTEST, _LONGEST = 3, 6  # characters of a piece, as fastText has them


def pieces_of(text: str, most: int) -> Iterator[str]:
    """Word by word, each from its beginning `<` to its end `>`, those of one place by length."""
    return islice((piece for word in words_of(text, most) for piece in _pieces(word)), most)


def _pieces(word: str) -> Iterator[str]:
    marked = f"<{word}>"
    for first in range(len(marked) - _SHORTEST + 1):
        for end in range(first + _SHORTEST, min(first + _LONGEST, len(marked)) + 1):
            yield marked[first:end]


def count(given: Input, columns: Columns) -> Counts:
    """How often each is there, among the first ones of a row."""
    return counted(columns[0], given, pieces_of)


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """The pieces among the first ones of the training rows, by how often they are there."""
    return {"pieces": ordered(counts, given.of)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """One that is not in the list has the number behind the last one; -1 is none."""
    return encoded(columns[0], given, facts["pieces"], pieces_of)


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("pieces"), given.of)

"""words: the first words of a text, as their numbers in the list of the most frequent ones."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lenet.dsl.inputs import Input
from lenet.runtime.inputs import Columns, Counts, Encoded, Facts
from lenet.runtime.inputs.lists import is_list, ordered
from lenet.runtime.inputs.texts import counted, encoded

# Letters and digits that stand together, with apostrophes between them.
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def words_of(text: str, most: int) -> Iterator[str]:
    """The first words of a text, in small letters; of what looks alike (NFKC) one form is taken."""
    # As many characters as so many words can have, so that a book costs no more than a page.
    text = unicodedata.normalize("NFKC", text[: 64 * (most + 1)]).lower().replace("\u2019", "'")
    return islice((found.group() for found in _WORD.finditer(text)), most)


def count(given: Input, columns: Columns) -> Counts:
    """How often each is there, among the first ones of a row."""
    return counted(columns[0], given, words_of)


def learn(given: Input, counts: Counts) -> dict[str, Any]:
    """The words that stand among the first ones of the training rows, by how often they do."""
    return {"words": ordered(counts, given.of)}


def encode(given: Input, facts: Facts, columns: Columns) -> Encoded:
    """A word that is not in the list has the number behind the last one; -1 is no word."""
    return encoded(columns[0], given, facts["words"], words_of)


def check(given: Input, facts: Facts) -> bool:
    """See the package."""
    return is_list(facts.get("words"), given.of)

"""Lists of different texts, the most frequent ones first: categories and words."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.labels import as_text, is_empty
from lenet.runtime.inputs import Counts

PADDING = -1.0
_LONGEST = 2**16  # characters of an entry


def texts_of(column: pa.Array) -> tuple[list[str | None], NDArray[np.int64]]:
    """The different values of a column as texts, None for what is empty, and the number of each
    row's. Numbers are written as labels are: 3.0 is 3. DataError for lists and other structures."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    check_plain(whole)
    if pa.types.is_string_view(whole.type):
        whole = whole.cast(pa.string())
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode(null_encoding="encode")
    values = [_text(value) for value in whole.dictionary.to_pylist()]
    numbers = whole.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return [*values, None], numbers.astype(np.int64)


def check_plain(column: pa.Array) -> None:
    """DataError for a column whose values have parts."""
    if pa.types.is_nested(column.type):
        raise DataError(
            f"a column of single values holds {column.type}", "",
            "for lists of categories, write `input NAME some of N`",
        )  # fmt: skip


def _text(value: Any) -> str | None:
    if is_empty(value):
        return None
    text = as_text(value).strip()
    return text or None


def ordered(counts: Counts, most: int) -> list[str]:
    """The most frequent texts, those of the same count by their letters."""
    return sorted(map(str, counts), key=lambda text: (-counts[text], text))[:most]


def categories(given: Input, counts: Counts) -> list[str]:
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


@dataclass(frozen=True, eq=False)
class Known:
    """The entries of a list, and their places."""

    entries: Sequence[str]
    places: Mapping[str, int]

    @classmethod
    def of(cls, entries: Sequence[str]) -> "Known":
        return cls(entries, {entry: place for place, entry in enumerate(entries)})

    def __len__(self) -> int:
        return len(self.entries)

    def number(self, text: str | None) -> int | None:
        """The place of a text, as it is, or as a column of its type would have it: a table may hold
        as text what was a number, a truth or a time in another one. None for what is not there."""
        if text is None:
            return None
        found = self.places.get(text)
        if found is None:
            forms = (self.places.get(form) for form in _forms(text))
            found = next((place for place in forms if place is not None), None)
        return found


_NUMBER = re.compile(r"[+-]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_FORM = 64  # characters of a number or a time


def _forms(text: str) -> Iterator[str]:
    if len(text) > _LONGEST_FORM:
        return
    if _NUMBER.fullmatch(text):
        yield as_text(float(text))
    if (low := text.lower()) in ("true", "false"):
        yield low
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return
    time = time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
    yield str(time)
    yield time.isoformat()
    if time.time() == datetime.min.time():
        yield str(time.date())


def is_list(entries: Any, most: int) -> bool:
    """Whether a file's value is such a list."""
    return (
        isinstance(entries, list)
        and len(entries) <= most
        and all(isinstance(entry, str) and len(entry) <= _LONGEST for entry in entries)
        and len(set(entries)) == len(entries)
    )

"""What the columns of a table look like."""

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute

from lenet.dsl.inputs import INPUTS, Input
from lenet.dsl.messages.clean import clean
from lenet.runtime.data.labels import is_text
from lenet.runtime.inputs import kind_of
from lenet.runtime.inputs.lists import texts_of
from lenet.runtime.inputs.some import BETWEEN
from lenet.runtime.inputs.words import words_of

Kind = Literal["number", "category", "set", "text", "time", "useless"]
_LONG = 4.0  # words of a cell, on average, from which on it is text
_REPEATED = 2  # rows that a category has at least, on average
_MEMBERS = 5_000  # of sets
_EMPTY = 0.5  # of the cells, from which on a column is left out
_SETS = 0.2  # of the cells, with a `|` between
_ODD = 0.1  # of the cells, up to which those that are no numbers are so by mistake
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TIME = re.compile(r"time|date|year.?month|stamp", re.IGNORECASE)
_NAMED = re.compile(r"(?:^|_)(?:id|key|code|zip)$|(?<=[a-z])I[dD]$")
_TEXTS, _MEASURED = 10_000, 2_000  # that are looked at, and of which the lengths are
_TELLING = 1000  # different things, of which each says something: a single letter does not
_LONGEST = 1000  # words, or what else a text is read as
_EPOCHS = ((3e8, 4e9), (3e11, 4e12))  # seconds and milliseconds since 1970, of 1980 to 2096


@dataclass(frozen=True)
class Reading:
    """Texts as words, pairs or pieces: the first `length` are all that nearly every text has, and
    `known` of them are different."""

    kind: str
    length: int
    known: int


@dataclass(frozen=True)
class Look:
    """A column: its `kind`, the number of different values, its share of missing ones, and in words
    what it is, or why it is left out. Of sets, `known` members; of texts, the ways to read them;
    and what is `odd`, which is said with the rest.
    """

    name: str
    kind: Kind
    what: str
    different: int = 0
    missing: float = 0.0
    known: int = 0
    readings: tuple[Reading, ...] = ()
    odd: str = ""


def look_at(table: pa.Table, name: str) -> Look:
    """At one column."""
    column = table[name].combine_chunks()
    rows, kind, types = len(column), column.type, pa.types
    missing = column.null_count / max(1, rows)
    if types.is_nested(kind):
        inner = getattr(kind, "value_type", None)
        if inner is None or types.is_nested(inner) or not is_text(inner):
            return Look(name, "useless", f"{kind}, which no input takes")
        return _set(name, [v or [] for v in column.to_pylist()], missing)
    if types.is_binary(kind) or types.is_large_binary(kind):
        return Look(name, "useless", "bytes, which no input of a table takes")
    different = int(pa.compute.count_distinct(column).as_py())
    if missing > _EMPTY:
        return Look(name, "useless", f"missing in {missing:.0%} of the rows")
    if different <= 1:
        return Look(name, "useless", "always the same value")
    if types.is_temporal(kind) or (is_text(kind) and _is_time(column)):
        return Look(name, "time", "a time", different, missing)
    if types.is_boolean(kind) or not is_text(kind):
        return _number(name, column, different, missing)
    return _text(name, column, different, missing)


def _is_time(column: pa.Array) -> bool:
    try:
        return len(column.drop_null().cast(pa.timestamp("us"))) > 0
    except pa.ArrowException:
        return False


def _number(name: str, column: pa.Array, different: int, missing: float) -> Look:
    rows = len(column)
    if pa.types.is_integer(column.type):
        values = column.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
        low, high = float(values.min()), float(values.max())
        if different == rows and (np.diff(values) == 1).all():
            return Look(name, "useless", "a number for each row", different, missing)
        if _TIME.search(name) and any(a <= low and high <= b for a, b in _EPOCHS):
            return Look(name, "time", "a time", different, missing)
        if _NAMED.search(name):
            if different * _REPEATED > rows:
                return Look(name, "useless", "a name for almost every row", different, missing)
            return Look(name, "category", f"{different:,} names", different, missing)
    elif not (pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        return Look(name, "number", "yes or no", different, missing)
    return Look(name, "number", "a number", different, missing)


def _text(name: str, column: pa.Array, different: int, missing: float) -> Look:
    texts, numbers = texts_of(column)
    cells = [texts[number] or "" for number in numbers.tolist()]
    full = [cell for cell in cells if cell]
    split = sum(BETWEEN in cell for cell in full) / max(1, len(full))
    if split >= _SETS:
        return _set(name, [cell.split(BETWEEN) for cell in full], missing)
    lengths = np.array([sum(1 for _ in words_of(cell, _LONGEST)) for cell in full])
    if lengths.mean() >= _LONG and different * _REPEATED > len(full):
        what = f"texts of {lengths.mean():.0f} words on average"
        readings = tuple(_reading(kind, _some(full, _TEXTS)) for kind in _readings())
        return Look(name, "text", what, different, missing, readings=readings)
    odd = _odd_among_numbers(full)
    if different * _REPEATED > len(full):
        return Look(name, "useless", f"a name for almost every row{odd}", different, missing)
    return Look(name, "category", f"{different:,} categories{odd}", different, missing, odd=odd)


def _odd_among_numbers(cells: list[str]) -> str:
    """What there is to say of a column that some cells, perhaps by mistake, keep from being one of
    numbers."""
    others = [cell for cell in cells if not _NUMBER.fullmatch(cell.strip())]
    if not 0 < len(others) <= _ODD * len(cells):
        return ""
    numbers = f"{len(cells) - len(others):,} of {len(cells):,} cells are numbers"
    return f', though {numbers}: "{clean(others[0])}" is none'


def _readings() -> list[str]:
    """The kinds of inputs that read texts, those of the fewest different things first."""
    kinds = [entry for entry in INPUTS.values() if entry.many and entry.usual >= _TELLING]
    return [entry.name for entry in sorted(kinds, key=lambda entry: entry.usual)]


def _reading(kind: str, texts: list[str]) -> Reading:
    """By what such an input makes of them."""
    given = Input("", kind, (_LONGEST,), INPUTS[kind].usual)
    reader = kind_of(given)
    facts = reader.learn(given, reader.count(given, [pa.array(texts)]))
    (known,) = facts.values()
    values = reader.encode(given, facts, [pa.array(_some(texts, _MEASURED))]).values
    longest = float(np.quantile((values >= 0).sum(axis=1), 0.95))
    return Reading(kind, max(5, math.ceil(longest / 5) * 5), max(1, len(known)))


def _some(texts: list[str], most: int) -> list[str]:
    return texts[:: 1 + (len(texts) - 1) // most]


def _set(name: str, cells: list[list[Any]], missing: float) -> Look:
    members = {str(member).strip() for cell in cells for member in cell if member}
    if len(members) > _MEMBERS:
        return Look(name, "useless", f"sets of {len(members):,} members, which are too many")
    return Look(name, "set", f"sets of {len(members):,} members", known=len(members),
                missing=missing)  # fmt: skip


def quoted(name: str) -> str:
    """A column's name as a spec has it."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
    return name if plain else f'"{name}"'


def can_be_written(name: str) -> bool:
    """Whether a spec can name a column."""
    return '"' not in name and name.isprintable() and clean(name) == name

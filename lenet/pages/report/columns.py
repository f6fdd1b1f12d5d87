"""Rows that a net has read, as the columns of the table that they are of."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import product
from lenet.runtime.data.features import Features

_NAME, _LISTED = 40, 6  # letters of a value, and categories or codes of several
_OTHER = "(none of the known)"
Column = tuple[str, list[str]]


def columns_shown(features: Features, rows: NDArray[Any]) -> list[Column]:
    """By its name, each column with its values of the rows (count, values), which are as the net
    reads them; of windows of a series, the last step."""
    found: list[Column] = []
    first = 0
    for given, names, facts in zip(features.inputs, features.columns, features.facts, strict=True):
        size = product(given.shape)
        part = rows[:, first : first + size].astype(np.float64)
        first += size
        found += _columns_of(given, names, facts, part)
    return [(clean(name)[:_NAME], [clean(v)[:_NAME] for v in cells]) for name, cells in found]


def _columns_of(
    given: Input, names: tuple[str, ...], facts: Mapping[str, Any], part: NDArray[np.float64]
) -> Iterator[Column]:
    name = ", ".join(names) or given.name
    kind = given.entry
    if "mean" in facts:
        mean, deviation = np.array(facts["mean"]), np.array(facts["deviation"])
        steps = part.reshape(len(part), len(mean), -1)[:, :, -1] * deviation + mean
        last = ", last step" if part.shape[1] > len(mean) else ""
        for k in range(len(mean)):
            own = names[k] if len(names) == len(mean) else f"{name} {k + 1}"
            yield f"{own}{last}", [f"{value:.5g}" for value in steps[:, k]]
    else:
        known = next((value for value in facts.values() if isinstance(value, list)), None)
        between = " " if kind is not None and kind.many else ", "
        for_set = kind is not None and kind.set
        codes = [np.flatnonzero(row > 0) if for_set else row[row >= 0] for row in part]
        yield name, [between.join(_listed(known, own)) for own in codes]


def _listed(known: list[str] | None, codes: NDArray[Any]) -> Iterator[str]:
    """Categories or words by their numbers, or these where nothing names them."""
    for code in codes[:_LISTED].astype(int).tolist():
        yield str(code) if known is None else known[code] if code < len(known) else _OTHER
    if len(codes) > _LISTED:
        yield "…"

"""Kinds of inputs, as tables have them: what is learnt of a column, and its values as floats.

A module of this folder has the name that the language has for a kind. Its `count(given, columns)`
counts what is in training rows, whose parts may be counted apart and added up; `learn(given,
counts)` makes facts of that, which go into the model's file as JSON; `encode(given, facts,
columns)` gives the floats of rows and why some cannot be used; `check(given, facts)` tells whether
facts may be such, since a model's file may come from anybody.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.vocabulary import carried_out

if TYPE_CHECKING:
    import pyarrow as pa

Facts = Mapping[str, Any]
Columns = Sequence["pa.Array"]
Counts = Counter[Hashable]  # whole numbers, which those of other rows are added to


@dataclass(frozen=True, eq=False)
class Encoded:
    """Floats (rows, values), and the numbers of rows in which something is missing, or wrong: what
    is missing may be stood in for, what is wrong may not."""

    values: NDArray[np.float32]
    missing: dict[int, str] = field(default_factory=dict)
    wrong: dict[int, str] = field(default_factory=dict)


class Kind(Protocol):
    """A module of this folder."""

    def count(self, given: Input, columns: Columns) -> Counts:
        """Of training rows; DataError where they do not fit the input."""

    def learn(self, given: Input, counts: Counts) -> dict[str, Any]:
        """Of all of them; DataError where they do not fit the input."""

    def encode(self, given: Input, facts: Facts, columns: Columns) -> Encoded:
        """Any rows."""

    def check(self, given: Input, facts: Facts) -> bool:
        """Whether `learn` could have given these."""


def kind_of(given: Input) -> Kind:
    """What carries an input's kind out; plain sizes are numbers."""
    kind: Kind = carried_out(__name__, given.kind or "numbers")
    return kind

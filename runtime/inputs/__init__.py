"""Kinds of inputs, as tables have them: what is learnt of a column, and its values as floats.

A module of this folder has the name that the language has for a kind. Its `learn(given, columns)`
gives facts of the training rows, which go into the model's file as JSON; `encode(given, facts,
columns)` the floats of rows and why some cannot be used; `check(given, facts)` tells whether facts
may be such, since a model's file may come from anybody.
"""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, eq=False)
class Encoded:
    """Floats (rows, values), and the numbers of rows in which something is missing, or wrong: what
    is missing may be stood in for, what is wrong may not."""

    values: NDArray[np.float32]
    missing: dict[int, str] = field(default_factory=dict)
    wrong: dict[int, str] = field(default_factory=dict)


class Kind(Protocol):
    """A module of this folder."""

    def learn(self, given: Input, columns: Columns) -> dict[str, Any]:
        """Of training rows; DataError where they do not fit the input."""

    def encode(self, given: Input, facts: Facts, columns: Columns) -> Encoded:
        """Any rows."""

    def check(self, given: Input, facts: Facts) -> bool:
        """Whether `learn` could have given these."""


def kind_of(given: Input) -> Kind:
    """What carries an input's kind out; plain sizes are numbers."""
    kind: Kind = carried_out(__name__, given.kind or "numbers")
    return kind

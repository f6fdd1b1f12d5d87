"""From a table's columns to the rows that a net reads, and what has been learnt for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.inputs import Input
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import product
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.seen import Seen
from lenet.runtime.inputs import Counts, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

DROP, MEAN = "drop", "mean"  # of the line `missing`


@dataclass(frozen=True, eq=False)
class Rows:
    """Float32 (rows, values), and why some of them cannot be used; what is `lacking` in some of
    these, a model may stand in for."""

    values: NDArray[np.float32]
    problems: dict[int, str]
    lacking: set[int]

    def fix(self, row: int) -> str:
        """Of a row that cannot be used."""
        if row in self.lacking:
            return "give the value, or train with `missing mean`"
        return "give a number, such as 1.5"


@dataclass(frozen=True, eq=False)
class Features:
    """The inputs, the columns that each takes, and what the training rows have told of them.
    `missing` is what becomes of numbers that are not there; `seen` are the pairs of `liked`, and
    `group` rows to validate with belong together."""

    inputs: tuple[Input, ...]
    columns: tuple[tuple[str, ...], ...]
    facts: tuple[Mapping[str, Any], ...]
    missing: str = ""
    seen: Seen | None = None
    group: int = 1

    @classmethod
    def learn(
        cls, inputs: tuple[Input, ...], columns: tuple[tuple[str, ...], ...], missing: str,
        table: "pa.Table",
    ) -> "Features":  # fmt: skip
        """Of training rows; DataError where they do not fit the inputs."""
        return cls.of_counts(inputs, columns, missing, counts_of(inputs, columns, table))

    @classmethod
    def of_counts(
        cls, inputs: tuple[Input, ...], columns: tuple[tuple[str, ...], ...], missing: str,
        counts: Sequence[Counts],
    ) -> "Features":  # fmt: skip
        """The same of what was counted of all training rows; see `counts_of`."""
        pairs = zip(inputs, counts, strict=True)
        facts = tuple(kind_of(given).learn(given, own) for given, own in pairs)
        return cls(inputs, columns, facts, missing)

    @classmethod
    def of_series(
        cls, inputs: tuple[Input, ...], section: Data, known: NDArray[np.float64]
    ) -> "Features":
        """Of columns that go along in time, whose training steps are `known` (steps, columns)."""
        import pyarrow as pa  # images need not wait for it

        assert section.series is not None
        place = {name: k for k, name in enumerate(section.series.all_columns)}
        columns = columns_for(inputs, section)
        counts = [
            kind_of(given).count(given, [pa.array(known[:, place[name]]) for name in names])
            for given, names in zip(inputs, columns, strict=True)
        ]
        return cls.of_counts(inputs, columns, section.missing, counts)

    def standardized(self, parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
        """For each input (count, columns, steps), as the net sees them: (count, columns, 1, steps)
        of a single input, else (count, 1, 1, values); what is missing as told."""
        found = [self._standardized(*pair) for pair in zip(parts, self.facts, strict=True)]
        if len(found) == 1:
            return found[0][:, :, None, :]
        count = len(found[0])
        return np.concatenate([own.reshape(count, 1, 1, -1) for own in found], axis=3)

    def _standardized(
        self, part: NDArray[np.float64], facts: Mapping[str, Any]
    ) -> NDArray[np.float32]:
        mean, deviation = (np.array(facts[k])[:, None] for k in ("mean", "deviation"))
        values = ((part - mean) / deviation).astype(np.float32)
        if self.missing in ("", DROP):
            return values
        return np.where(np.isnan(values), self._instead(facts)[:, None], values)

    @property
    def of_windows(self) -> bool:
        """Whether a row is a window of series, which several rows of a table make."""
        return not self.inputs[0].kind and len(self.inputs[0].shape) == 2

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, each once."""
        return tuple(dict.fromkeys(name for own in self.columns for name in own))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that are taken for numbers."""
        pairs = zip(self.inputs, self.columns, strict=True)
        return tuple(name for given, own in pairs if not given.has_codes for name in own)

    def known(self, place: int) -> int:
        """How many categories an input has."""
        return len(self.facts[place]["categories"])

    def check_there(self, names: Sequence[str]) -> None:
        """DataError unless rows with columns of these names can be predicted one by one; what lacks
        is told all at once."""
        if self.of_windows:
            raise DataError(
                "the model goes on with series, and does not predict rows one by one", "",
                "use `lenet forecast MODEL TABLE`", "use lenet.forecast(model, table)",
            )  # fmt: skip
        lacking = [name for name in self.names if name not in names]
        if lacking:
            listed = clean(", ".join(names)) or "none"
            named = clean(", ".join(lacking))
            what = f"the column {named}" if len(lacking) == 1 else f"the columns {named}"
            raise DataError(f"the rows lack {what}", f"They have {listed}.")

    def encode(self, table: "pa.Table") -> Rows:
        """The rows of a table, side by side; DataError where a column is not there, or not of its
        kind."""
        parts: list[NDArray[np.float32]] = []
        problems: dict[int, str] = {}
        lacking: set[int] = set()
        for given, names, facts in zip(self.inputs, self.columns, self.facts, strict=True):
            columns = [column_of(table, name) for name in names]
            try:
                found = kind_of(given).encode(given, facts, columns)
            except DataError as error:
                named = ", ".join(map(clean, names))
                raise DataError(
                    f"{error.title} ({named})", error.detail, error.fix, error.python
                ) from None
            values, told = found.values, found.wrong
            if found.missing and self.missing not in ("", DROP):
                values = np.where(np.isnan(values), self._instead(facts), values)
            else:
                told = told | found.missing
                lacking |= found.missing.keys() - problems.keys()
            for row, problem in told.items():
                problems.setdefault(row, f"{problem} ({', '.join(map(clean, names))})")
            parts.append(values.reshape(len(values), product(given.shape)))
        return Rows(
            np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32), problems, lacking
        )

    def _instead(self, facts: Mapping[str, Any]) -> NDArray[np.float32]:
        """What stands for missing numbers: the mean, or 0 as it is standardised."""
        mean, deviation = np.array(facts["mean"]), np.array(facts["deviation"])
        zero = np.zeros(len(mean)) if self.missing == MEAN else -mean / deviation
        return zero.astype(np.float32)

    def as_list(self) -> list[dict[str, Any]]:
        """For the model's file."""
        found: list[dict[str, Any]] = [
            {"columns": list(names), "facts": dict(facts)}
            for names, facts in zip(self.columns, self.facts, strict=True)
        ]
        if self.seen is not None:
            found[0]["seen"] = self.seen.as_dict()
        return found

    @classmethod
    def from_list(cls, found: Any, inputs: tuple[Input, ...], data: Data | None) -> "Features":
        """ValueError where a file has something else."""
        if not isinstance(found, list) or len(found) != len(inputs):
            raise ValueError("its columns are not those of its inputs")
        columns, facts = [], []
        for given, own in zip(inputs, found, strict=True):
            names = own.get("columns") if isinstance(own, dict) else None
            known = own.get("facts") if isinstance(own, dict) else None
            sound = isinstance(names, list) and all(isinstance(n, str) for n in names)
            if not sound or not isinstance(known, dict) or not kind_of(given).check(given, known):
                raise ValueError(f"what it says of {given.name or 'its input'} is not of its kind")
            columns.append(tuple(names or ()))
            facts.append(known)
        features = cls(inputs, tuple(columns), tuple(facts), data.missing if data else "")
        if data is None or data.liked is None:
            return features
        seen = Seen.from_dict(found[0].get("seen"), features.known(0), features.known(1))
        return replace(features, seen=seen, group=data.liked.among)


def counts_of(
    inputs: tuple[Input, ...], columns: tuple[tuple[str, ...], ...], table: "pa.Table"
) -> list[Counts]:
    """What the columns of each input hold in training rows; DataError where they do not fit it."""
    return [
        kind_of(given).count(given, [column_of(table, name) for name in names])
        for given, names in zip(inputs, columns, strict=True)
    ]


def column_of(table: "pa.Table", name: str) -> "pa.Array":
    """A column in one piece; DataError where it is not there."""
    import pyarrow as pa  # images need not wait for it

    if name not in table.column_names:
        listed = ", ".join(c for c in table.column_names if c[:1] != "!") or "none"
        raise DataError(f"there is no column {clean(name)}", f"The columns are {clean(listed)}.")
    if table.column_names.count(name) > 1:
        raise DataError(f"there are two columns {clean(name)}", "", "rename or drop one of them")
    column = table[name]
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def columns_for(inputs: tuple[Input, ...], data: Data) -> tuple[tuple[str, ...], ...]:
    """The columns of each input, as the section says them; they are checked."""
    if data.series is not None:
        known = {fed.input: fed.columns for fed in data.fed}
        return tuple(known.get(given.name, data.series.columns) for given in inputs)
    if data.liked is not None:
        return ((data.liked.user,), (data.liked.item,))
    by_name = {fed.input: fed.columns for fed in data.fed}
    if len(inputs) == 1:
        return (data.fed[0].columns,)
    return tuple(by_name[given.name] for given in inputs)

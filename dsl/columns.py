"""What a data section says of a table's columns: which feed the inputs, and which rows are held
out. The lines are entries of the section (dsl/column_lines.py)."""

from dataclasses import dataclass, field

from lenet.dsl.syntax.tree import Span

_NOWHERE = Span(1, 1, 1)
KNOWN = "known"  # the line of columns that are known for the steps ahead


@dataclass(frozen=True)
class Fed:
    """An input, "" for the only one, and the columns that it takes, as the line `word` says."""

    word: str
    columns: tuple[str, ...]
    input: str = ""
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Split:
    """Which rows are held out.

    `how` is "percent" of them by chance, with all rows of a value of `column` together where one is
    named; "end", so many percent of them in the table's order, or of each series; "newest", one row
    of each value of `column`; "where" `column` has the `value`; or a `fold`, from 1, of as many as
    `folds` says: "fold" by chance, or "period", a part of the order, before which is trained.
    """

    how: str
    percent: float = 0.0
    column: str = ""
    value: str = ""
    fold: int = 0
    folds: int = 0
    span: Span = field(default=_NOWHERE, compare=False, repr=False)

    @property
    def by_chance(self) -> bool:
        """Whether each row is drawn by itself."""
        return self.how in ("percent", "fold") and not self.column


@dataclass(frozen=True)
class Folds:
    """So many parts of the rows, each of which is held out of one training: by chance, with all
    rows of a value of `column` together where one is named; or, with `last`, the last parts of one
    more in their order, before each of which is trained. Its line begins with the `word`."""

    count: int
    column: str = ""
    last: bool = False
    span: Span = field(default=_NOWHERE, compare=False, repr=False)
    word: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Series:
    """Columns that go along in time, for the `input` of a name: a row of a `window` of steps is
    answered with the first one's next `ahead` steps, unless other columns are to be answered. Rows
    `by` which they differ are series of their own; `order` is the column of the time. `known` are
    columns that are known for those steps as well."""

    columns: tuple[str, ...]
    input: str = ""
    known: tuple[str, ...] = ()
    by: str = ""
    order: str = ""
    window: int = 0
    ahead: int = 0
    span: Span = field(default=_NOWHERE, compare=False, repr=False)

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Those that go along and those that are known ahead, each once."""
        return tuple(dict.fromkeys((*self.columns, *self.known)))


@dataclass(frozen=True)
class Liked:
    """Pairs of a user and an item that somebody has seen: each is a yes, and in every epoch there
    are so many `negatives` for each, items by chance that the user has not seen. `order` is
    the column of the time. A pair that is held out is one of so many items `among` which it is
    looked for."""

    user: str
    item: str
    order: str = ""
    negatives: int = 4
    among: int = 100
    span: Span = field(default=_NOWHERE, compare=False, repr=False)

"""The lines of the section `data` that say which rows are held out."""

from dataclasses import replace
from typing import TYPE_CHECKING

from lenet.dsl.column_lines import column, of_table
from lenet.dsl.columns import Folds, Liked, Split
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.sections import SectionLine

if TYPE_CHECKING:
    from lenet.dsl.sections.data import Data


def _validate(reader: Reader, data: "Data") -> "Data":
    """`validate 5000`, `validate 20 percent by film`, `validate last 20 percent`, …"""
    split = _split(reader, data)
    if isinstance(split, int):
        return replace(data, validate=split, split=None)
    if reader.accept("among"):
        among = int(reader.size("the number of items", 2))
        data = replace(data, liked=replace(data.liked or Liked("", ""), among=among))
    return replace(data, validate=0, split=replace(split, span=reader.line.span))


def _split(reader: Reader, data: "Data") -> Split | int:
    """Which rows, or how many of them by chance."""
    if reader.accept("newest"):
        reader.expect("of")
        of_table(reader, data)
        return Split("newest", column=column(reader))
    if reader.accept("where"):
        of_table(reader, data)
        name = column(reader)
        reader.accept("is")
        return Split("where", column=name, value=reader.text())
    if reader.accept("fold"):
        return _fold(reader, data)
    last = reader.accept("last")
    place = reader.items[0].span if reader.items else reader.line.span
    amount = reader.real("the part that is held out", 0.0)
    if not reader.accept("percent"):
        if last or amount != int(amount) or amount < 1:
            raise reader.refuse(place)
        return int(amount)
    if not 0 < amount < 100:
        what = "the part that is held out"
        raise Refused(messages.out_of_range(place, what, f"{amount:g}", "above 0 and below 100"))
    return Split("end" if last else "percent", amount, "" if last else _by(reader, data))


def _fold(reader: Reader, data: "Data") -> Split:
    """What stands behind `validate fold`: one fold of several."""
    place = reader.items[0].span if reader.items else reader.line.span
    number = int(reader.size("the fold"))
    reader.expect("of")
    last = reader.accept("last")
    count = int(reader.size("the number of folds", 2))
    if number > count:
        raise Refused(messages.out_of_range(place, "the fold", number, f"at most {count}"))
    by = "" if last else _by(reader, data)
    return Split("period" if last else "fold", column=by, fold=number, folds=count)


def _folds(reader: Reader, data: "Data") -> "Data":
    """`folds 5`, `folds 5 by film`, `folds last 5`."""
    last, line = reader.accept("last"), reader.line
    count = int(reader.size("the number of folds", 2))
    by = "" if last else _by(reader, data)
    return replace(data, folds=Folds(count, by, last, line.span, line.keyword.span))


def _by(reader: Reader, data: "Data") -> str:
    """The column of the rows that stay together, "" without one."""
    if not reader.accept("by"):
        return ""
    of_table(reader, data)
    return column(reader)


SPLITS = (
    SectionLine(
        name="validate",
        summary="hold out this many training images for validation, or `validate 20 percent`; "
        "without it the test set validates. Of tables: `validate 20 percent by film` holds all "
        "rows of a film out, or none; `validate last 20 percent` the end of each series; `validate "
        'newest of user` the last row of each; `validate where split is "test"`',
        example="validate 5000",
        compares=True,
        terms={
            "percent": "the number is a part of the rows",
            "by": "rows with the same value in this column stay together",
            "last": "the last ones in the table's order, or of each series",
            "newest": "the last row of each value of a column, as in `newest of user`",
            "of": "before the column of `newest`, and before how many folds there are",
            "among": "of `liked`, one of so many items, 100 if absent, is that which was seen; the "
            "user has seen none of the others, as in `validate newest of user among 50`",
            "where": "the rows in which a column has a value",
            "is": "before the value of `where`",
            "fold": "one of several parts, as in `validate fold 2 of 5`, or of the last ones of an "
            "order, `validate fold 2 of last 5`: what `folds 5` does for one after the other",
        },
        read=_validate,
    ),
    SectionLine(
        name="folds",
        summary="cross-validation: cut the rows to train with into so many parts by chance, and "
        "hold each out of a training of its own. Of tables: `folds 5 by film` keeps all rows of a "
        "film together; `folds last 5` cuts the rows, or each series, into six in their order, and "
        "validates each of the last five with what was learnt of all before it",
        example="folds 5",
        compares=True,
        terms={
            "by": "rows with the same value in this column stay together",
            "last": "parts in the table's order, or of each series, each of which is validated "
            "with what was learnt of all before it",
        },
        aliases=("kfold", "k_fold", "cv", "n_splits", "cross_validation", "crossvalidation"),
        read=_folds,
    ),
)

"""The lines of the section `data` that are about a table's columns."""

from dataclasses import replace
from typing import TYPE_CHECKING

from lenet.dsl.columns import KNOWN, Fed, Liked, Series
from lenet.dsl.datasets import DATASETS
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.sections import SectionLine
from lenet.dsl.syntax.tree import Item, Name, Sizes

if TYPE_CHECKING:
    from lenet.dsl.sections.data import Data

MISSING = {
    "mean": "numbers that are missing become the training rows' mean",
    "drop": "rows in which something is missing are left out, and counted",
    "zero": "numbers that are missing become 0",
}


_SIDE_BY_SIDE = ("number", KNOWN)  # lines whose columns are for one input


def column(reader: Reader) -> str:
    """The name of a column, in quotation marks where it is no plain word."""
    return reader.text() if reader.is_text() else reader.name()


def _apart(item: Item) -> tuple[Item, ...]:
    """`table x y` reads as two sizes; among columns it is three of them."""
    parts = item.parts if isinstance(item, Sizes) else ()
    if len(parts) < 2 or not all(isinstance(part, Name) for part in parts):
        return (item,)
    found: list[Item] = []
    for before, part in zip((None, *parts), parts, strict=False):
        if before is not None:
            between = replace(item.span, column=before.span.end_column, end_column=part.span.column)
            found.append(Sizes((Name("x", between),), between))
        found.append(Sizes((part,), part.span))
    return tuple(found)


def _take_apart(reader: Reader) -> None:
    reader.items[:] = [part for item in reader.items for part in _apart(item)]


def _columns(reader: Reader, until: tuple[str, ...] = ()) -> tuple[str, ...]:
    _take_apart(reader)
    names = [column(reader)]
    while reader.items and reader.peek() not in until:
        place = reader.items[0].span
        names.append(column(reader))
        if names[-1] in names[:-1]:
            raise reader.refuse(place)
    return tuple(names)


def of_table(reader: Reader, data: "Data") -> None:
    """Refused where the data have no columns."""
    if not DATASETS[data.kind].columns:
        raise Refused(messages.no_columns(reader.line.span, reader.key, data.kind))


def _feed(reader: Reader, data: "Data") -> "Data":
    """`category user movie`: an input of each name; `number a b as measures`: one of them all."""
    of_table(reader, data)
    names, span = _columns(reader), reader.line.span
    label = reader.line.name.text if reader.line.name is not None else None
    if label is not None:
        if reader.key not in _SIDE_BY_SIDE and len(names) > 1:
            raise reader.refuse(reader.line.items[1].span)
        fed: tuple[Fed, ...] = (Fed(reader.key, names, label, span),)
    elif reader.key in _SIDE_BY_SIDE:
        fed = (Fed(reader.key, names, "", span),)
    else:
        fed = tuple(Fed(reader.key, (name,), name, span) for name in names)
    return replace(data, fed=(*data.fed, *fed))


def _predict(reader: Reader, data: "Data") -> "Data":
    known = DATASETS[data.kind]
    if not (known.columns or known.places) and reader.accept("image"):
        return replace(data, itself=True)
    if not known.columns:
        raise Refused(messages.no_columns(reader.line.span, "predict", data.kind, known.places))
    _take_apart(reader)
    log = reader.accept("log")
    several = not log and reader.peek() == "any" and reader.peek(1) == "of"
    if several:
        reader.accept("any")
        reader.expect("of")
    names = _columns(reader)
    return replace(data, predict=names, label=names[0], log=log, any=several)


def _missing(reader: Reader, data: "Data") -> "Data":
    of_table(reader, data)
    return replace(data, missing=reader.word("way with what is missing", tuple(MISSING)))


def _series(reader: Reader, data: "Data") -> "Data":
    of_table(reader, data)
    names = _columns(reader, ("by", "ordered"))
    by = column(reader) if reader.accept("by") else ""
    order = ""
    if reader.accept("ordered"):
        reader.expect("by")
        order = column(reader)
    old = data.series or Series(())
    given = reader.line.name.text if reader.line.name is not None else ""
    series = replace(old, columns=names, input=given, by=by, order=order, span=reader.line.span)
    return replace(data, series=series, label=data.predict[0] if data.predict else names[0])


def _known(reader: Reader, data: "Data") -> "Data":
    """`known hour weekday as coming`: for one input, as `number` has it."""
    data = _feed(reader, data)
    old = data.series or Series(())
    return replace(data, series=replace(old, known=(*old.known, *data.fed[-1].columns)))


def _window(reader: Reader, data: "Data") -> "Data":
    of_table(reader, data)
    window = int(reader.size("the window"))
    reader.expect("ahead")
    ahead = int(reader.size("the steps ahead"))
    old = data.series or Series(())
    return replace(data, series=replace(old, window=window, ahead=ahead))


def _liked(reader: Reader, data: "Data") -> "Data":
    of_table(reader, data)
    user, item = column(reader), column(reader)
    order = ""
    if reader.accept("ordered"):
        reader.expect("by")
        order = column(reader)
    old = data.liked or Liked("", "")
    liked = replace(old, user=user, item=item, order=order, span=reader.line.span)
    return replace(data, liked=liked, label="liked")


def _negatives(reader: Reader, data: "Data") -> "Data":
    of_table(reader, data)
    count = int(reader.size("the number of negatives"))
    old = data.liked or Liked("", "")
    return replace(data, liked=replace(old, negatives=count))


LINES = (
    SectionLine(
        name="predict",
        summary="the columns of a table that are to be answered: one with a net of one output, or "
        "several, are numbers; one with a net of several outputs is a class; `predict any of a b` "
        "are answers yes or no. A loss may say it, too. Numbers are given back in their unit. "
        "`predict image`, where the data are no table, has the net give each image back, as "
        "autoencoders do",
        example='predict "price"',
        aliases=("target", "targets", "answer", "answers"),
        terms={
            "log": "the net learns the logarithm of numbers above 0, as in `predict log price`; "
            "predictions are in the unit of the column",
            "any": "of several columns, each is yes or no, as in `predict any of cat dog`",
            "of": "before the columns of `predict any of`",
            "image": "the image itself, as in `predict image`, of data that are no table",
        },
        read=_predict,
    ),
    SectionLine(
        name="category",
        summary="columns of categories, each for the input of its name, or of the name behind "
        "`as`: numbers or text, of which each different one is a category; for `some of`, lists, "
        "or text with `|` between",
        example="category cut color",
        read=_feed,
        repeatable=True,
        named=True,
        aliases=("categories", "categorical", "categorical_columns"),
    ),
    SectionLine(
        name="number",
        summary="columns of numbers, side by side, for the input named behind `as`: each is "
        "brought to mean 0 and deviation 1 of the training rows",
        example="number carat depth as measures",
        read=_feed,
        repeatable=True,
        named=True,
        aliases=("numbers", "numeric", "numerical", "numeric_columns", "features"),
    ),
    SectionLine(
        name="text",
        summary="a column of texts for an input of words, pairs, pieces or characters, or for "
        "several of them, each by a line of its own: in small letters, words are letters and "
        "digits that stand together, with the apostrophes between",
        example="text review",
        read=_feed,
        repeatable=True,
        named=True,
        aliases=("texts", "sentence", "text_column"),
    ),
    SectionLine(
        name="missing",
        summary="what becomes of rows in which a value is missing; without it, one is an error",
        example="missing mean",
        terms=MISSING,
        read=_missing,
        aliases=("na", "fillna", "nan", "null", "impute"),
    ),
    SectionLine(
        name="series",
        summary="columns that go along in time, for an input `columns x steps`: `by` tells which "
        "rows belong together, `ordered by` when they are; the net answers with the first "
        "column's next steps, or with those of the columns that a line `predict` names, one column "
        "after the other",
        example="series temp by origin ordered by time_hour",
        terms={
            "by": "the column that tells one series from another",
            "ordered": "the column of the time, as in `ordered by time_hour`",
        },
        read=_series,
        named=True,
        aliases=("timeseries", "time_series"),
    ),
    SectionLine(
        name="window",
        summary="how many steps of a series the net sees, and how many it tells ahead",
        example="window 72 ahead 24",
        terms={"ahead": "how many steps the net tells"},
        read=_window,
        aliases=("horizon", "lookback", "lags"),
    ),
    SectionLine(
        name=KNOWN,
        summary="columns of a series that are known for the steps that are asked for, such as "
        "hours, holidays or prices: for an input `columns x steps` of its own, with as many steps "
        "as the net tells ahead",
        example="known hour weekday as coming",
        read=_known,
        repeatable=True,
        named=True,
        aliases=("future", "known_future", "future_covariates", "known_reals"),
    ),
    SectionLine(
        name="liked",
        summary="the columns of users and of items, for the first and the second input: each row "
        "says that a user has seen an item",
        example="liked userId movieId ordered by timestamp",
        terms={"ordered": "the column of the time, for `validate newest of`", "by": "before it"},
        read=_liked,
        aliases=("interactions", "implicit", "seen"),
    ),
    SectionLine(
        name="negatives",
        summary="for each row of `liked`, so many items that the user has not seen, drawn anew in "
        "each epoch, 4 if absent",
        example="negatives 4",
        read=_negatives,
        aliases=("negative_samples", "num_negatives"),
    ),
)

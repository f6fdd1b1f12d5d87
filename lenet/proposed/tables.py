"""A first spec for a table: which columns are what, what is asked, and which rows validate."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

from lenet.dsl.columns import Series
from lenet.dsl.errors import LenetError
from lenet.dsl.inputs import INPUTS
from lenet.dsl.messages.clean import clean
from lenet.dsl.messages.diagnostics import closest
from lenet.dsl.registry import layers
from lenet.proposed.columns import Look, can_be_written, look_at
from lenet.proposed.nets import Answer, Asked, Fed, spec_of, spec_of_series
from lenet.proposed.proposal import Proposal
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.formats.chunks import is_csv
from lenet.runtime.data.formats.csv import read_csv
from lenet.runtime.data.formats.parquet import read_tables
from lenet.runtime.data.series import tracks_of

_CLASSES, _WHOLE = 1000, 10  # the most classes, and the most of whole numbers
_GROUPS = 10  # the least values of a column that tells groups of texts apart
_REGULAR = 0.9  # the least share of steps in time that are alike
_SAME = 0.999  # correlation with the answer


def of_table(path: Path, predict: str | None, written: str) -> Proposal:
    """See the package."""
    text = is_csv(path)
    train, test = read_csv(path) if text else read_tables(path)
    train = train.select([name for name in train.column_names if name[:1] != "!"])
    predict = _asked_for(train, predict)
    looks = {name: look_at(train, name) for name in train.column_names}
    said = [f"{path.name}: {train.num_rows:,} rows to learn from, {len(looks)} columns"]
    answer, why = _answer(train, looks[predict])
    kind = "csv" if text else "parquet"
    asked = Asked(kind, written, train.num_rows, predict, answer, why, test is None)
    others = [look for name, look in looks.items() if name != predict]
    series = _series(train, others, asked) if test is None else None
    if series is not None:
        said.append(f"  {predict}: goes along in time, by {series.order}")
        left = [n for n in looks if n not in (predict, series.by, series.order)]
        said.append(f"  left out, though `series` may name them as well: {', '.join(left)}")
        return Proposal(spec_of_series(asked, series), said)
    said.append(f"  {predict}: to be told; {why}")
    group, last, reason = _split(train, others, test is None)
    fed = []
    for look in others:
        left_out = _left_out(look, group)
        said.append(f"  {look.name}: {f'left out: {left_out}' if left_out else look.what}")
        if not left_out:
            fed.append(look)
        if warning := _too_good(train, look, predict, answer):
            said.append(warning)
    if not fed:
        raise LenetError(
            f"no column of {path.name} helps to tell {clean(predict)}", "\n".join(said[2:])
        )
    if reason:
        said.append(f"  {reason}")
    return Proposal(spec_of(asked, _inputs(fed, {predict}), group, last, reason), said)


def _asked_for(table: pa.Table, predict: str | None) -> str:
    names = [name for name in table.column_names if can_be_written(name)]
    listed = f"The columns are {clean(', '.join(names))}."
    if predict is None:
        raise LenetError("what is to be told?", listed, "name its column: --predict COLUMN")
    if predict not in names:
        near = closest(predict, names)
        fix = f"did you mean {clean(near)}?" if near else ""
        raise LenetError(f"there is no column {clean(predict)}", listed, fix)
    return predict


def _answer(table: pa.Table, look: Look) -> tuple[Answer, str]:
    """What kind of answer a column holds, and why."""
    column, name = table[look.name].combine_chunks(), clean(look.name)
    if look.kind in ("time", "set", "text") or look.kind == "useless":
        raise LenetError(
            f"I cannot propose how to tell {name}", f"It is {look.what}.",
            "name a column of numbers, or of classes",
        )  # fmt: skip
    missing = look.missing > 0
    if look.kind == "category" or not _is_number(column.type):
        if look.different > _CLASSES:
            raise LenetError(
                f"{name} has {look.different:,} values", f"Many for classes: {look.what}."
            )
        distinct = _is_number(column.type)
        return Answer(
            look.different, False, distinct, missing
        ), f"{look.different} classes{look.odd}"
    values = column.drop_null().cast(pa.float64()).to_numpy(zero_copy_only=False)
    if pa.types.is_integer(column.type) and look.different <= _WHOLE:
        distinct = sorted(set(values.tolist())) != list(range(look.different))
        what = f"{look.different} different whole numbers, taken for classes"
        return Answer(look.different, False, distinct, missing), what
    log = bool(values.min() > 0 and _skewed(values) > 2 * _skewed(np.log(values)) + 0.5)
    return Answer(0, log, False, missing), (
        "a number above 0 whose large values lie far out, so its logarithm is learnt"
        if log
        else "a number"
    )


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _skewed(values: np.ndarray) -> float:
    deviation = float(values.std())
    return abs(float((((values - values.mean()) / deviation) ** 3).mean())) if deviation else 0.0


def _left_out(look: Look, group: str) -> str:
    """Why, or ""."""
    if look.name == group:
        return f"{look.what}; a value says nothing of rows with another one"
    if look.kind == "useless":
        return look.what
    if look.kind == "time":
        return f"{look.what}; make numbers of it, such as the hour, where it matters"
    return "" if can_be_written(look.name) else "a spec cannot write its name"


def _split(table: pa.Table, looks: list[Look], split: bool) -> tuple[str, bool, str]:
    """The column whose values stay together, whether the last rows validate, and why."""
    if not split:
        return "", False, "the data have rows to test with, which validate"
    groups = [k for k in looks if k.kind == "category" and k.different >= _GROUPS]
    if groups and any(look.kind == "text" for look in looks):
        group = max(groups, key=lambda look: look.different)
        if can_be_written(group.name):
            why = f"whole groups of {group.name} validate: texts of one group are alike"
            return group.name, False, why
    for look in looks:
        if look.kind == "time":
            column = table[look.name].combine_chunks()
            times = column if not pa.types.is_string(column.type) else column.cast(
                pa.timestamp("us"))  # fmt: skip
            if (
                not times.null_count
                and pa.compute.all(pa.compute.less_equal(times[:-1], times[1:])).as_py()
            ):
                why = f"the rows are in the order of {look.name}, so the last ones validate"
                return "", True, why
    return "", False, ""


def _too_good(table: pa.Table, look: Look, predict: str, answer: Answer) -> str:
    if look.kind != "number" or answer.classes or not _is_number(table[look.name].type):
        return ""
    both = [
        table[name].combine_chunks().cast(pa.float64()).to_numpy(zero_copy_only=False)
        for name in (look.name, predict)
    ]
    known = ~np.isnan(both[0]) & ~np.isnan(both[1])
    if abs(float(np.corrcoef(both[0][known], both[1][known])[0, 1])) < _SAME:
        return ""
    return f"    it is almost {predict} itself: leave it out, if it is not known beforehand"


def _series(table: pa.Table, looks: list[Look], asked: Asked) -> Series | None:
    """The table as series of the answer, where its rows are steps in time."""
    times = [look.name for look in looks if look.kind == "time" and can_be_written(look.name)]
    if asked.answer.classes or not times:
        return None
    groups = [k.name for k in looks if k.kind == "category" and can_be_written(k.name)]
    for by in ("", *groups):
        series = Series((asked.predict,), by=by, order=times[0])
        try:
            tracks = tracks_of(table, series)
        except DataError:
            continue
        steps = sum(max(0, len(track.times) - 1) for track in tracks)
        regular = sum(int((~track.gaps).sum()) for track in tracks)
        hours = tracks[0].step / 3.6e9
        window, ahead = {1.0: (72, 24), 24.0: (28, 7)}.get(hours, (48, 12))
        long = sum(len(track.times) >= 4 * (window + ahead) for track in tracks)
        if steps and regular >= _REGULAR * steps and long == len(tracks):
            return replace(series, window=window, ahead=ahead)
    return None


def _inputs(looks: list[Look], taken: set[str]) -> list[Fed]:
    """The inputs of a net: a name for each column that is no number, one for all that are, and one
    for each way to read texts."""
    names = set(taken)

    def free(name: str, own: str = "") -> str:
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "column"
        plain = plain if plain[0].isalpha() else f"column_{plain}"
        while plain in names or plain in INPUTS.keys() - {own} or plain in layers():
            plain += "_"
        names.add(plain)
        return plain

    numbers = [look for look in looks if look.kind == "number"]
    texts = [look for look in looks if look.kind == "text"]
    fed = [
        Fed(free(look.name), (look,)) for look in looks if look not in numbers and look not in texts
    ]
    for look in texts:
        before = "" if len(texts) == 1 else f"{look.name}_"
        fed += [
            Fed(free(before + reading.kind, reading.kind), (look,), reading)
            for reading in look.readings
        ]
    return fed + ([Fed(free("measures"), tuple(numbers))] if numbers else [])

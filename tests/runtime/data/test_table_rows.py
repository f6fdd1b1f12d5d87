"""Which rows of a table are held out, windows of series, and what users have not seen."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from lenet.dsl.columns import Series, Split
from lenet.dsl.inputs import Input
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.formats.csv import table_of_lines
from lenet.runtime.data.seen import Seen, uniform
from lenet.runtime.data.series import check_missing, tracks_of, windows_of
from lenet.runtime.data.splits import split_table

FILMS = pa.table({"film": list("aabbbccccd"), "use": ["x"] * 8 + ["test", "test"]})


def marks(
    split: Split | None, validate: int = 0, seed: int = 1, table: pa.Table = FILMS
) -> list[bool]:
    section = replace(Data("csv"), split=split, validate=validate)
    found = split_table(table, section, seed)
    assert found is not None
    assert sorted([*found.kept, *found.held_out]) == list(range(found.end))
    return np.isin(np.arange(table.num_rows), found.held_out).tolist()


def test_held_out_rows() -> None:
    assert split_table(FILMS, Data("csv"), 1) is None
    assert sum(marks(None, validate=3)) == 3
    assert sum(marks(Split("percent", 20))) == 2
    assert marks(Split("end", 20)) == [False] * 8 + [True] * 2
    assert marks(Split("where", column="use", value="test")) == [False] * 8 + [True] * 2


def test_groups_stay_together_whatever_their_order() -> None:
    for seed in range(8):
        found = marks(Split("percent", 30, "film"), seed=seed)
        films = {film for film, held in zip("aabbbccccd", found, strict=True) if held}
        assert 0 < sum(found) < 10
        assert all(held == (film in films) for film, held in zip("aabbbccccd", found, strict=True))
        order = np.random.default_rng(seed).permutation(10)
        again = marks(Split("percent", 30, "film"), seed=seed, table=FILMS.take(order))
        assert again == [found[k] for k in order]


def fold(number: int, folds: int, how: str = "fold", column: str = "") -> Split:
    return Split(how, column=column, fold=number, folds=folds)


@pytest.mark.parametrize("column", ["", "film"])
def test_each_row_is_held_out_of_one_fold(column: str) -> None:
    for seed in range(4):
        found = np.array([marks(fold(k, 3, column=column), seed=seed) for k in (1, 2, 3)])
        assert (found.sum(axis=0) == 1).all()
        assert found.sum(axis=1).max() <= 4 and found.sum(axis=1).min() >= 3
        films = [set(np.array(list("aabbbccccd"))[own].tolist()) for own in found]
        assert not column or sum(map(len, films)) == 4


def test_folds_of_groups_do_not_depend_on_the_order_of_the_rows() -> None:
    order = np.random.default_rng(1).permutation(10)
    for k in (1, 2, 3):
        own = marks(fold(k, 3, column="film"))
        assert marks(fold(k, 3, column="film"), table=FILMS.take(order)) == [own[n] for n in order]


def test_folds_in_order_are_learnt_of_what_lies_before() -> None:
    for k in (1, 2, 3, 4):
        section = replace(Data("csv"), split=fold(k, 4, "period"))
        found = split_table(FILMS, section, 1)
        assert found is not None
        assert found.kept.tolist() == list(range(2 * k))
        assert found.held_out.tolist() == [2 * k, 2 * k + 1]


def test_too_many_folds() -> None:
    with pytest.raises(DataError, match="there are 10 rows for `folds 11`") as caught:
        marks(fold(1, 11))
    assert caught.value.fix == "write `folds 10`"
    with pytest.raises(DataError, match="there are 4 values of film for `folds 5`"):
        marks(fold(1, 5, column="film"))
    with pytest.raises(DataError, match="there are 10 rows for `folds last 10`") as caught:
        marks(fold(1, 10, "period"))
    assert caught.value.fix == "write `folds last 9`"


def test_a_split_that_leaves_nothing() -> None:
    with pytest.raises(DataError, match="leaves no rows to validate with"):
        marks(Split("where", column="use", value="nothing"))


def table(hours: list[int], values: list[float | None], place: str = "a") -> pa.Table:
    return pa.table({"place": [place] * len(hours), "hour": hours, "temp": pa.array(values)})


SERIES = Series(("temp",), by="place", order="hour", window=3, ahead=2)
INPUTS = (Input("", "", (1, 3)),)
SECTION = replace(Data("csv"), series=SERIES)


def test_windows_are_in_the_order_of_time() -> None:
    tracks = tracks_of(table([3, 1, 2, 5, 4, 0], [3, 1, 2, 5, 4, 0]), SERIES)
    found = windows_of(tracks, SECTION, INPUTS)
    assert found.parts[0][:, 0].tolist() == [[0, 1, 2], [1, 2, 3]]
    assert found.answers.tolist() == [[3, 4], [4, 5]]
    assert not found.held_out.any() and found.left_out == 0


def test_nothing_of_the_end_is_learnt() -> None:
    hours = list(range(20))
    section = replace(SECTION, split=Split("end", 25))
    found = windows_of(tracks_of(table(hours, [float(h) for h in hours]), SERIES), section, INPUTS)
    train, test = found.answers[~found.held_out], found.answers[found.held_out]
    assert train.max() == 14 and test.min() == 15 and test.max() == 19
    assert found.known.max() == 14


def test_a_fold_of_series_is_told_of_what_lies_before() -> None:
    hours = list(range(20))
    section = replace(SECTION, split=fold(2, 3, "period"))
    found = windows_of(tracks_of(table(hours, [float(h) for h in hours]), SERIES), section, INPUTS)
    train, test = found.answers[~found.held_out], found.answers[found.held_out]
    assert train.max() == 9 and test[:, 0].tolist() == [10, 11, 12, 13, 14]
    assert found.known.max() == 9


def test_windows_over_gaps_are_left_out() -> None:
    hours = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]
    found = windows_of(tracks_of(table(hours, [float(h) for h in hours]), SERIES), SECTION, INPUTS)
    assert found.parts[0][:, 0, 0].tolist() == [0, 1, 7, 8] and found.left_out == 4


def test_series_do_not_run_into_each_other() -> None:
    rows = pa.concat_tables(
        [table(list(range(6)), [float(k) for k in range(6)], place) for place in ("b", "a")]
    )
    tracks = tracks_of(rows, SERIES)
    assert [track.name for track in tracks] == ["a", "b"]
    assert len(windows_of(tracks, SECTION, INPUTS).parts[0]) == 4


def test_a_missing_value() -> None:
    tracks = tracks_of(table(list(range(12)), [1.0] * 5 + [None] + [1.0] * 6), SERIES)
    with pytest.raises(DataError, match="step 6 of a has no value"):
        check_missing(tracks, SECTION)
    dropped = windows_of(tracks, replace(SECTION, missing="drop"), INPUTS)
    assert len(dropped.parts[0]) == 3 and dropped.left_out == 5
    meant = windows_of(tracks, replace(SECTION, missing="mean"), INPUTS)
    assert len(meant.parts[0]) == 6 and meant.left_out == 2  # those that would answer with it


def test_an_hour_that_is_there_twice() -> None:
    hours = [*range(4000), 17]
    tracks = tracks_of(table(hours, [float(h) for h in hours]), SERIES)
    assert len(tracks[0].times) == 4000
    with pytest.raises(DataError, match="has the time of another row") as caught:
        tracks_of(
            table([0, 0, 0, 1, 1, 1], [0.0] * 6), Series(("temp",), order="hour", window=3, ahead=2)
        )
    assert "by COLUMN" in caught.value.fix


@pytest.mark.parametrize("times", [["2013-01-01T00:00", "2013-01-01T01:00"], ["x", "y"]])
def test_times_as_text(times: list[str]) -> None:
    rows = pa.table({"t": times, "temp": [1.0, 2.0]})
    series = Series(("temp",), order="t", window=1, ahead=1)
    if times[0] == "x":
        with pytest.raises(DataError, match="the column t is no time"):
            tracks_of(rows, series)
        return
    assert tracks_of(rows, series)[0].step == 3_600_000_000


def test_windows_are_not_held_out_by_chance() -> None:
    tracks = tracks_of(table(list(range(9)), [1.0] * 9), SERIES)
    with pytest.raises(DataError, match="overlap"):
        windows_of(tracks, replace(SECTION, split=Split("percent", 20)), INPUTS)


def test_items_that_a_user_has_not_seen() -> None:
    users = np.array([0, 0, 0, 1, 2, 2, 2, 2])
    items = np.array([1, 4, 4, 0, 0, 1, 2, 3])
    seen = Seen.of(users, items, 3, 6)
    assert [seen.of_user(u).tolist() for u in range(3)] == [[1, 4], [0], [0, 1, 2, 3]]
    count = 6000
    for user, unseen in ((0, [0, 2, 3, 5]), (1, [1, 2, 3, 4, 5]), (2, [4, 5])):
        bits = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        found = seen.unseen(np.full(count, user), bits)
        values, counts = np.unique(found, return_counts=True)
        assert values.tolist() == unseen
        assert np.abs(counts / count - 1 / len(unseen)).max() < 0.03


def test_numbers_are_spread() -> None:
    found = uniform(np.arange(10_000, dtype=np.uint64))
    assert found.min() >= 0 and found.max() < 1 and abs(found.mean() - 0.5) < 0.01


@pytest.mark.parametrize(
    "found",
    [
        None, {}, {"starts": [0, 2], "items": [1], "count": 4}, {"starts": [0], "items": [True]},
        {"starts": [0, 1], "items": [9], "count": 4}, {"starts": [1, 1], "items": [1], "count": 4},
        {"starts": [0, 1], "items": [1], "count": 9},
    ],
)  # fmt: skip
def test_what_a_file_says_of_users_is_not_believed(found: object) -> None:
    with pytest.raises(ValueError, match="what users have seen"):
        Seen.from_dict(found, 1, 4)


def test_lines_that_are_rows() -> None:
    """As Spark hands them over: numbers where all are, texts where one is none, and ragged ones."""
    names = ("a", "b")

    def read(*lines: str) -> dict[str, list[object]]:
        return table_of_lines(pa.array(lines, pa.string()), names, ",", ("b",)).to_pydict()

    assert read("x,1", '"y, ""z""",2.5', ",NA") == {
        "a": ["x", 'y, "z"', None], "b": [1.0, 2.5, None],
    }  # fmt: skip
    assert read("x,1", "y,1d") == {"a": ["x", "y"], "b": ["1", "1d"]}
    assert read("x", "y,1,more", f"{'z' * 200_000},2") == {
        "a": ["x", "y", "z" * 200_000], "b": [None, "1", "2"],
    }  # fmt: skip
    assert read() == {"a": [], "b": []}

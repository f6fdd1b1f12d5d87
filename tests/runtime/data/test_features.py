"""From columns to rows: categories, words, numbers; what is learnt, unseen, missing, damaged."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from lenet.dsl.check import check_graph
from lenet.dsl.inputs import Input
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features
from lenet.runtime.data.raw_rows import rows_of, table_of
from lenet.runtime.inputs import kind_of
from lenet.runtime.inputs.pairs import pairs_of
from lenet.runtime.inputs.pieces import pieces_of
from lenet.runtime.inputs.words import words_of


def learn(given: Input, *columns: object, missing: str = "") -> Features:
    names = tuple(f"c{k}" for k in range(len(columns)))
    table = pa.table(dict(zip(names, columns, strict=True)))
    return Features.learn((given,), (names,), missing, table)


def encode(features: Features, *columns: object) -> np.ndarray:
    names = (f"c{k}" for k in range(len(columns)))
    return features.encode(pa.table(dict(zip(names, columns, strict=True)))).values


def test_categories_by_count_then_by_text() -> None:
    features = learn(Input("a", "one", (1,), 4), ["b", "c", "a", "c", None, "a"])
    assert features.facts[0]["categories"] == ["a", "c", "b"]
    # Unseen, empty and missing ones are none of them.
    found = encode(features, ["c", "b", "z", "", None, " a "])
    assert found[:, 0].tolist() == [1, 2, 4, 4, 4, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([3, 1, 3, 2]),
        pa.array([3.0, 1.0, 3.0, 2.0]),
        pa.array(["3", "1", "3", "2"]),
        pa.array(["3", "1", "3", "2"]).dictionary_encode(),
        pa.chunked_array([["3", "1"], ["3", "2"]]),
    ],
)
def test_categories_of_any_type(column: object) -> None:
    features = learn(Input("a", "one", (1,), 3), [3, 1, 3, 2])
    assert encode(features, column)[:, 0].tolist() == [0, 1, 0, 2]


def test_more_categories_than_the_input_has() -> None:
    with pytest.raises(DataError, match=r"is one of 2, and the training rows have 3") as caught:
        learn(Input("a", "one", (1,), 2), ["x", "y", "z"])
    assert caught.value.fix == "write `one of 3`"


def test_sets_are_lists_or_text() -> None:
    given = Input("g", "some", (3,), 3)
    for column in (["x|y", "x", None, "z|x"], [["x", "y"], ["x"], None, ["z", "x"]]):
        features = learn(given, column)
        assert features.facts[0]["categories"] == ["x", "y", "z"]
        wanted = [[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1]]
        assert encode(features, column).tolist() == wanted
    assert encode(features, ["y|y|new"]).tolist() == [[0, 1, 0]]


def test_words() -> None:
    text = "Don\u2019t stop: the BEST film, caf\u00e9 😀 3x!"
    assert list(words_of(text, 9)) == ["don't", "stop", "the", "best", "film", "café", "3x"]
    assert list(words_of(text, 2)) == ["don't", "stop"]
    features = learn(Input("", "words", (4,), 2), ["b a b", "A c", ""])
    assert features.facts[0]["words"] == ["a", "b"]
    found = encode(features, ["b zzz a", "", None, "😀", "a b a b a"])
    assert found.tolist() == [[1, 2, 0, -1], [-1] * 4, [-1] * 4, [-1] * 4, [0, 1, 0, 1]]


def test_a_long_text_costs_as_much_as_its_beginning() -> None:
    features = learn(Input("", "words", (4,), 3), ["a b", "c"])
    assert encode(features, ["a b " * 300_000]).tolist() == [[0, 1, 0, 1]]
    assert list(words_of("\u200b" * 2**20 + "a", 4)) == []


def test_pairs() -> None:
    assert list(pairs_of("Not GOOD, not good at all", 9)) == [
        "not good", "good not", "not good", "good at", "at all",
    ]  # fmt: skip
    features = learn(Input("", "pairs", (3,), 2), ["a b a b", "b a c", "c", None])
    assert features.facts[0] == {"pairs": ["a b", "b a"]}
    found = encode(features, ["b a b c a b", "a", "", "a b " * 300_000])
    assert found.tolist() == [[1, 0, 2], [-1] * 3, [-1] * 3, [0, 1, 0]]


def test_pieces() -> None:
    assert list(pieces_of("I saw it", 99)) == [
        "<i>", "<sa", "<saw", "<saw>", "saw", "saw>", "aw>", "<it", "<it>", "it>",
    ]  # fmt: skip
    assert max(map(len, pieces_of("unforgettable", 99))) == 6
    features = learn(Input("", "pieces", (4,), 3), ["saw", "sawn", "a"])
    assert features.facts[0] == {"pieces": ["<sa", "<saw", "<a>"]}
    found = encode(features, ["a saw", "", "\U0001f600", "saw" * 100_000])
    assert found.tolist() == [[2, 0, 1, 3], [-1] * 4, [-1] * 4, [0, 1, 3, 3]]


def test_characters() -> None:
    features = learn(Input("", "characters", (3,), 2), ["aab", "b😀"])
    assert features.facts[0]["characters"] == ["a", "b"]
    assert encode(features, ["b😀ab", "a"]).tolist() == [[1, 2, 0], [0, -1, -1]]
    # Composed or not, the same character.
    accents = learn(Input("", "characters", (2,), 2), ["\u00e9"])
    assert encode(accents, ["e\u0301"]).tolist() == [[0, -1]]


def test_numbers_are_standardised() -> None:
    features = learn(Input("", "numbers", (2,)), [1.0, 3.0], [5, 5])
    assert encode(features, [1, 2], [5, 6]).tolist() == [[-1, 0], [0, 1]]


@pytest.mark.parametrize(("missing", "value"), [("mean", 0.0), ("zero", -2.0)])
def test_missing_numbers(missing: str, value: float) -> None:
    features = learn(Input("", "numbers", (1,)), [1.0, 3.0, None], missing=missing)
    found = features.encode(pa.table({"c0": [None, float("nan"), float("inf")]}))
    assert found.values[:2, 0].tolist() == [value] * 2
    assert found.problems == {2: "inf is no number (c0)"}


def test_a_missing_number_is_told() -> None:
    features = learn(Input("", "numbers", (1,)), [1.0, 3.0])
    found = features.encode(pa.table({"c0": [1.0, None]}))
    assert found.problems == {1: "a number is missing (c0)"}
    with pytest.raises(DataError, match="row 2 cannot be used: a number is missing"):
        rows_of(features, pa.table({"c0": [1.0, None]}))


def test_text_in_a_column_of_numbers() -> None:
    with pytest.raises(DataError, match="holds string, such as n/a"):
        learn(Input("", "numbers", (1,)), ["1", "n/a"])


def test_columns_that_lack() -> None:
    features = learn(Input("", "numbers", (2,)), [1.0, 3.0], [5, 5])
    with pytest.raises(DataError, match="the rows lack the column c1"):
        rows_of(features, pa.table({"c0": [1.0]}))


def test_rows_of_all_kinds_are_the_same() -> None:
    pandas = pytest.importorskip("pandas")
    features = learn(Input("", "numbers", (2,)), [1.0, 3.0], [5, 6])
    columns = {"c0": [1.5, 2.0], "c1": [5, 7]}
    wanted = rows_of(features, pa.table(columns))
    rows = [{"c1": 5, "c0": 1.5, "other": "x"}, {"c0": 2.0, "c1": 7, "other": "y"}]
    for given in (columns, rows, pandas.DataFrame(columns)):
        assert np.array_equal(rows_of(features, table_of(given)), wanted)
    assert np.array_equal(rows_of(features, table_of({"c0": 1.5, "c1": 5})), wanted[:1])


NETS = {
    "one": "input a one of 3\nembed 2\nrelu\nlinear 2\n",
    "numbers": "input 2 numbers\nlinear 2\n",
    "words": "input 4 words of 3\nbag\nlinear 2\n",
    "pairs": "input 4 pairs of 3\nbag\nlinear 2\n",
    "pieces": "input 4 pieces of 3\nbag\nlinear 2\n",
}


@pytest.mark.parametrize(
    ("net", "facts"),
    [
        ("one", {"categories": ["a", "a"]}), ("one", {"categories": ["a", "b", "c", "d"]}),
        ("one", {"categories": [1]}), ("one", {}), ("one", None), ("words", {"words": "abc"}),
        ("pairs", {"words": ["a b"]}), ("pieces", {"pieces": ["abc", "abc"]}),
        ("numbers", {"mean": [0.0], "deviation": [1.0]}),
        ("numbers", {"mean": [0.0, 0.0], "deviation": [1.0, 0.0]}),
        ("numbers", {"mean": [0.0, float("nan")], "deviation": [1.0, 1.0]}),
    ],
)  # fmt: skip
def test_facts_of_a_file_are_not_believed(net: str, facts: object) -> None:
    graph = check_graph(NETS[net], "t")
    with pytest.raises(ValueError, match="is not of its kind"):
        Features.from_list([{"columns": ["c"], "facts": facts}], graph.inputs, Data("csv"))


def test_facts_go_through_a_file() -> None:
    given = Input("", "words", (4,), 3)
    features = learn(given, ["b a b", "A c"])
    again = Features.from_list(json.loads(json.dumps(features.as_list())), (given,), Data("csv"))
    assert again.facts == features.facts and again.columns == features.columns
    assert np.array_equal(encode(again, ["c b"]), encode(features, ["c b"]))
    assert kind_of(given).check(given, features.facts[0])
    assert not kind_of(replace(given, of=2)).check(replace(given, of=2), features.facts[0])

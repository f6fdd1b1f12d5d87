"""What `lenet evaluate` prints: at most 80 columns, for any number of classes and any names."""

import pickle

import numpy as np
import pytest

from lenet.dsl.messages.diagnostics import cells
from lenet.runtime.metrics.outcomes import Outcomes
from lenet.runtime.models.evaluation import Evaluation, evaluated
from lenet.terminal.columns import elided
from lenet.terminal.evaluation import evaluation_lines

LONG = "日本語のとても長い名前のクラスでございます"
ODD = (LONG, "e\u0301te\u0301", "a\nb\u202ec", "", "🦊", "x" * 200)


def some(names: tuple[str, ...], images: int = 500, seed: int = 1) -> Evaluation:
    """Of a net that is right more often than not."""
    random, classes = np.random.default_rng(seed), len(names)
    labels = random.integers(0, classes, images).astype(np.int32)
    scores = random.normal(0, 1, (images, classes))
    scores[np.arange(images), labels] += 2
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return evaluated(Outcomes(scores.astype(np.float32), labels), names, ())


@pytest.mark.parametrize(
    "names",
    [
        ("no", "yes"),
        tuple("0123456789"),
        tuple(f"a class with a long name, number {k}" for k in range(12)),
        ODD,
        ODD * 2,
        tuple(f"class{k}" for k in range(13)),
        tuple(f"class{k}" for k in range(100)),
        tuple(f"class{k}" for k in range(1500)),
    ],
    ids=lambda names: f"{len(names)}-{names[0][:5]}",
)
@pytest.mark.parametrize("images", [1, 500])
def test_at_most_80_columns(names: tuple[str, ...], images: int) -> None:
    lines = list(evaluation_lines(some(names, images), "some\ndata"))
    assert max(map(cells, lines)) <= 80
    assert all("\n" not in line and "\u202e" not in line for line in lines)
    blank = lines.index("")
    listed = lines[blank + 1 :]
    if len(names) > 20:
        assert listed[0] == f"the 20 of {len(names):,} classes with the lowest f1:"
        assert len(listed) == 1 + 1 + 20
    elif len(names) > 12:
        assert len(listed) == 1 + len(names)
    else:
        assert len(listed) == 1 + len(names) + 1 + 2 + len(names)
        matrix = listed[-len(names) - 1 :]
        assert len({cells(line) for line in matrix}) == 1


def test_the_classes_with_the_lowest_f1_come_first() -> None:
    found = some(tuple(f"c{k}" for k in range(100)), 3000)
    lines = list(evaluation_lines(found, "data"))
    shown = [line.split()[0] for line in lines[lines.index("") + 3 :]]
    scores = {row["label"]: row["f1"] for row in found.classes}
    assert [scores[name] for name in shown] == sorted(scores.values())[:20]


def test_the_ends_of_long_names_tell_them_apart() -> None:
    assert elided("a class with a long name, number 11", 12) == "a clas…er 11"
    assert elided("a class", 7) == "a class" and elided("a class", 3) == "a…s"
    assert elided("日本語", 5) == "日…語" and cells(elided("日本語日本語", 6)) <= 6
    assert elided("e\u0301te\u0301", 3) == "e\u0301te\u0301"


def test_counts_that_are_too_wide_for_a_matrix_are_left_out() -> None:
    found = some(tuple("abcdefghijkl"))
    found.tables["confusion"] = [[10**6] * 12] * 12
    lines = list(evaluation_lines(found, "data"))
    assert max(map(cells, lines)) <= 80 and not any("1000000" in line for line in lines)


def test_by_class() -> None:
    """Against a plain count."""
    random = np.random.default_rng(3)
    outputs = random.random((200, 5)).astype(np.float32)
    outputs[:, 4] = 0  # never taken
    labels = random.integers(0, 4, 200).astype(np.int32)  # class 4 has no images
    found = evaluated(Outcomes(outputs, labels, False), tuple("abcde"), ())
    taken = outputs.argmax(axis=1)
    for k, row in enumerate(found.classes):
        right = sum((labels == k) & (taken == k))
        assert row["label"] == "abcde"[k] and row["count"] == sum(labels == k)
        assert row["recall"] == (right / sum(labels == k) if k < 4 else 0)
        assert row["precision"] == (right / sum(taken == k) if k < 4 else 0)
        total = sum(labels == k) + sum(taken == k)
        assert row["f1"] == (2 * right / total if total else 0)
        others = [sum((labels == k) & (taken == j)) * (j != k) for j in range(5)]
        assert row["taken_for_count"] == max(others)
        assert row["taken_for"] == ("abcde"[int(np.argmax(others))] if any(others) else None)
    assert found.confusion is not None
    assert [sum(row) for row in found.confusion] == [row["count"] for row in found.classes]


def test_an_evaluation_is_a_dict_of_numbers() -> None:
    """With more in its attributes, and all of it for JSON; it can be pickled."""
    found = some(("no", "yes"))
    assert isinstance(found, dict) and all(isinstance(v, int | float) for v in found.values())
    assert found.as_dict() == {**found, "classes": found.classes, "confusion": found.confusion}
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again.as_dict() == found.as_dict()
    assert some(tuple(map(str, range(1001))), 5).confusion is None

"""Loss, top1 and top5 against plain definitions, one image at a time."""

import numpy as np
import pytest

from lenet.dsl.metrics import METRICS
from lenet.runtime.metrics import Outcomes, Tally, measure
from reference.metrics import METRICS as MEANT


def some_log_probabilities(count: int, classes: int) -> np.ndarray:
    scores = np.random.default_rng(count).normal(0, 3, (count, classes))
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores.astype(np.float32)


def test_each_metric_has_a_reference() -> None:
    assert set(MEANT) == set(METRICS)


@pytest.mark.parametrize("count, classes", [(1, 6), (200, 10), (37, 100)])
def test_agrees_with_the_definitions(count: int, classes: int) -> None:
    outputs = some_log_probabilities(count, classes)
    labels = np.random.default_rng(1).integers(0, classes, count).astype(np.int32)
    metrics = measure(outputs, labels, logarithmic=True)
    assert list(metrics) == list(METRICS)
    probabilities = np.exp(outputs.astype(np.float64))
    for name, value in metrics.items():
        assert value == pytest.approx(MEANT[name](probabilities, labels), rel=1e-6), name
    assert all(type(value) is float for value in metrics.values())


def test_counts_of_parts_add_up() -> None:
    """In any order, to the same bits: whoever has the images."""
    outputs, tally = some_log_probabilities(90, 8), Tally.of(tuple(METRICS), 8)
    labels = np.random.default_rng(1).integers(0, 8, 90).astype(np.int32)
    whole = tally.count(Outcomes(outputs, labels, True))
    parts = [
        tally.count(Outcomes(outputs[first:last], labels[first:last], True))
        for first, last in ((70, 90), (0, 0), (0, 33), (33, 70))
    ]
    np.testing.assert_array_equal(np.sum(parts, axis=0), whole)
    assert tally.values(whole) == measure(outputs, labels, True)


def test_top1_is_what_argmax_predicts() -> None:
    outputs = np.random.default_rng(2).integers(0, 3, (500, 7)).astype(np.float32)  # many ties
    labels = np.random.default_rng(3).integers(0, 7, 500).astype(np.int32)
    top1 = measure(outputs, labels, logarithmic=True)["top1"]
    assert top1 == np.mean(outputs.argmax(axis=1) == labels)


def test_of_equal_outputs_the_first_classes_are_ahead() -> None:
    """A net that says the same of all classes is right by chance, not always."""
    outputs = np.full((10, 10), -np.log(10), np.float32)
    metrics = measure(outputs, np.arange(10, dtype=np.int32), logarithmic=True)
    assert metrics["top1"] == pytest.approx(0.1)
    assert metrics["top5"] == pytest.approx(0.5)
    assert metrics["loss"] == pytest.approx(np.log(10))


def test_probabilities_give_the_same_as_their_logarithms() -> None:
    outputs = some_log_probabilities(100, 8)
    labels = np.random.default_rng(4).integers(0, 8, 100).astype(np.int32)
    logarithms = measure(outputs, labels, logarithmic=True)
    probabilities = measure(np.exp(outputs), labels, logarithmic=False)
    assert probabilities == pytest.approx(logarithms, rel=1e-5)


@pytest.mark.parametrize("classes, names", [(5, ["loss", "top1"]), (6, ["loss", "top1", "top5"])])
def test_top5_of_five_classes_would_always_be_1(classes: int, names: list[str]) -> None:
    outputs = some_log_probabilities(3, classes)
    found = measure(outputs, np.zeros(3, np.int32), logarithmic=True)
    assert [name for name in found if name in ("loss", "top1", "top5")] == names


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("where", [slice(None), slice(0, 1), slice(2, 3)])
def test_nan_is_never_right(logarithmic: bool, where: slice) -> None:
    outputs = np.full((1, 6), 0.01, np.float32)
    outputs[0, 2] = 0.95
    outputs[0, where] = np.nan
    metrics = measure(outputs, np.array([2], np.int32), logarithmic)
    assert (metrics["top1"], metrics["top5"]) == (0, 0)


def test_an_impossible_class_does_not_make_the_others_wrong() -> None:
    """Its log-probability is minus infinity, which is no NaN."""
    outputs = np.array([[0, -np.inf, -np.inf]], np.float32)
    metrics = measure(outputs, np.array([0], np.int32), logarithmic=True)
    assert (metrics["loss"], metrics["top1"]) == (0, 1)


@pytest.mark.filterwarnings("error")
def test_a_probability_of_0_costs_infinitely_much() -> None:
    outputs = np.array([[1, 0]], np.float32)
    metrics = measure(outputs, np.array([1], np.int32), logarithmic=False)
    assert (metrics["loss"], metrics["top1"]) == (np.inf, 0)

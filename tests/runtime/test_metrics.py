"""Loss, top1 and top5 against plain definitions, one image at a time."""

import numpy as np
import pytest

from lenet.dsl.errors import LenetError
from lenet.dsl.losses import LOSSES
from lenet.dsl.metrics import METRICS, metric_called, named
from lenet.dsl.vocabulary import Use
from lenet.runtime.class_names import with_number
from lenet.runtime.metrics import Tally, all_metrics, measure
from lenet.runtime.metrics.outcomes import Outcomes, outcomes_of
from lenet.runtime.unit import Unit
from reference.metrics import METRICS as MEANT
from reference.metrics import OF_GROUPS, OF_NUMBERS, OF_YES_OR_NO


def some_log_probabilities(count: int, classes: int) -> np.ndarray:
    scores = np.random.default_rng(count).normal(0, 3, (count, classes))
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores.astype(np.float32)


# Uses with values of their own, and their names.
USES = {
    "top2": METRICS["top"].use(first=2),
    "top4": METRICS["top"].use(first=4),
    "f1 micro": METRICS["f1"].use(average="micro"),
    "f1 of 3": METRICS["f1"].use(of=3),
    "precision of 3": METRICS["precision"].use(of=3),
    "recall of 3": METRICS["recall"].use(of=3),
}


CLOSE = {"auc": 5e-3}  # scores that are cut to 16 bits


def test_each_metric_has_a_reference() -> None:
    of_classes = {named(use) for use in all_metrics() if "class" in METRICS[use.name].answers}
    assert set(MEANT) == {*of_classes, *USES}
    yes_or_no = {*OF_YES_OR_NO, *OF_GROUPS}
    of = {"class": MEANT, "numbers": OF_NUMBERS | {"loss": None}, "yes or no": yes_or_no}
    for answers, known in of.items():
        wanted = {name for name, metric in METRICS.items() if answers in metric.answers}
        assert {metric_called(name).name for name in known} == wanted


@pytest.mark.parametrize("name", OF_GROUPS)
@pytest.mark.parametrize("first", [1, 3, 9])
def test_ranks_in_groups(name: str, first: int) -> None:
    """Equal scores of others count as ahead."""
    scores = np.random.default_rng(first).integers(0, 9, (40, 8)).astype(np.float32)
    answers = np.zeros((320, 1), np.float32)
    answers[::8] = 1
    unit = Unit((0.0,), (1.0,), LOSSES["bce"].use())
    found = measure(
        outcomes_of(scores.reshape(-1, 1), answers, True, unit), [METRICS[name].use(first=first)]
    )
    assert found[f"{name}{first}"] == pytest.approx(OF_GROUPS[name](scores, first), rel=1e-9)


@pytest.mark.parametrize("name", USES)
def test_names_of_uses(name: str) -> None:
    """As they are written, and the way back to the entry."""
    assert named(USES[name]) == name
    assert metric_called(name) is METRICS[USES[name].name]


@pytest.mark.parametrize("count, classes", [(1, 6), (200, 10), (37, 100)])
def test_agrees_with_the_definitions(count: int, classes: int) -> None:
    outputs = some_log_probabilities(count, classes)
    labels = np.random.default_rng(1).integers(0, classes, count).astype(np.int32)
    metrics = measure(Outcomes(outputs, labels), tuple(USES.values()))
    probabilities = np.exp(outputs.astype(np.float64))
    for name in MEANT:
        meant, close = MEANT[name](probabilities, labels), CLOSE.get(name, 1e-6)
        if name not in metrics:  # it tells nothing of these images
            assert np.isnan(meant), name
        elif metric_called(name).table:
            assert metrics[name] == meant
        else:
            assert metrics[name] == pytest.approx(meant, rel=close), name
    numbers = [value for name, value in metrics.items() if not metric_called(name).table]
    assert all(type(value) is float for value in numbers)


def test_counts_of_parts_add_up() -> None:
    """In any order, to the same bits: whoever has the images."""
    outputs, tally = some_log_probabilities(90, 8), Tally.of((*all_metrics(), *USES.values()), 8)
    labels = np.random.default_rng(1).integers(0, 8, 90).astype(np.int32)
    whole = tally.count(Outcomes(outputs, labels, True))
    parts = [
        tally.count(Outcomes(outputs[first:last], labels[first:last], True))
        for first, last in ((70, 90), (0, 0), (0, 33), (33, 70))
    ]
    np.testing.assert_array_equal(np.sum(parts, axis=0), whole)
    assert tally.values(whole) == measure(Outcomes(outputs, labels), tuple(USES.values()))


def test_top1_is_what_argmax_predicts() -> None:
    outputs = np.random.default_rng(2).integers(0, 3, (500, 7)).astype(np.float32)  # many ties
    labels = np.random.default_rng(3).integers(0, 7, 500).astype(np.int32)
    top1 = measure(Outcomes(outputs, labels))["top1"]
    assert top1 == np.mean(outputs.argmax(axis=1) == labels)


def test_of_equal_outputs_the_first_classes_are_ahead() -> None:
    """A net that says the same of all classes is right by chance, not always."""
    outputs = np.full((10, 10), -np.log(10), np.float32)
    metrics = measure(Outcomes(outputs, np.arange(10, dtype=np.int32)))
    assert metrics["top1"] == pytest.approx(0.1)
    assert metrics["top5"] == pytest.approx(0.5)
    assert metrics["loss"] == pytest.approx(np.log(10))


def test_probabilities_give_the_same_as_their_logarithms() -> None:
    outputs = some_log_probabilities(100, 8)
    labels = np.random.default_rng(4).integers(0, 8, 100).astype(np.int32)
    logarithms = measure(Outcomes(outputs, labels))
    probabilities = measure(Outcomes(np.exp(outputs), labels, False))
    assert probabilities.pop("auc") == pytest.approx(logarithms.pop("auc"), abs=1e-3)
    assert probabilities.pop("confusion") == logarithms.pop("confusion")
    assert probabilities == pytest.approx(logarithms, rel=1e-5)


@pytest.mark.parametrize("classes, names", [(5, ["loss", "top1"]), (6, ["loss", "top1", "top5"])])
def test_top5_of_five_classes_would_always_be_1(classes: int, names: list[str]) -> None:
    outputs = some_log_probabilities(3, classes)
    found = measure(Outcomes(outputs, np.zeros(3, np.int32)))
    assert [name for name in found if name in ("loss", "top1", "top5")] == names


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("where", [slice(None), slice(0, 1), slice(2, 3)])
def test_nan_is_never_right(logarithmic: bool, where: slice) -> None:
    outputs = np.full((1, 6), 0.01, np.float32)
    outputs[0, 2] = 0.95
    outputs[0, where] = np.nan
    metrics = measure(Outcomes(outputs, np.array([2], np.int32), logarithmic))
    assert (metrics["top1"], metrics["top5"]) == (0, 0)


def test_an_impossible_class_does_not_make_the_others_wrong() -> None:
    """Its log-probability is minus infinity, which is no NaN."""
    outputs = np.array([[0, -np.inf, -np.inf]], np.float32)
    metrics = measure(Outcomes(outputs, np.array([0], np.int32)))
    assert (metrics["loss"], metrics["top1"]) == (0, 1)


@pytest.mark.filterwarnings("error")
def test_a_probability_of_0_costs_infinitely_much() -> None:
    outputs = np.array([[1, 0]], np.float32)
    metrics = measure(Outcomes(outputs, np.array([1], np.int32), False))
    assert (metrics["loss"], metrics["top1"]) == (np.inf, 0)


@pytest.mark.parametrize(
    ("said", "names", "number"),
    [
        ("cat", ("ant", "cat", "dog"), 1),
        (2, ("ant", "cat", "dog"), 2),
        ("3", ("3", "7", "9"), 0),  # labels that are numbers keep them
        (9, ("3", "7", "9"), 2),
        (1, ("1", "2"), 0),
    ],
)
def test_a_class_by_its_name_or_number(
    said: str | int, names: tuple[str, ...], number: int
) -> None:
    use = with_number(METRICS["recall"].use(of=said), names)
    assert use["of"] == number


@pytest.mark.parametrize(
    ("said", "names", "fix"),
    [
        ("cta", ("ant", "cat", "dog"), 'did you mean "cat"?'),
        ("mouse", ("ant", "cat", "dog"), "name one of these"),
        (3, ("ant", "cat", "dog"), "name one of these"),
        (1, ("3", "7", "9"), "name one of these"),
    ],
)
def test_an_unknown_class(said: str | int, names: tuple[str, ...], fix: str) -> None:
    with pytest.raises(LenetError) as error:
        with_number(METRICS["f1"].use(of=said), names)
    assert str(said) in error.value.title and error.value.fix == fix
    assert ", ".join(names) in error.value.detail


def test_a_class_without_images_has_no_recall() -> None:
    outputs = np.log(np.array([[0.9, 0.1], [0.8, 0.2]], np.float32))
    uses = [METRICS[name].use(of=1) for name in ("f1", "precision", "recall")]
    found = measure(Outcomes(outputs, np.array([0, 0], np.int32)), uses)
    assert [found[named(use)] for use in uses] == [0, 0, 0]


def test_a_class_among_as_many_as_there_are_is_left_out() -> None:
    tally = Tally.of((METRICS["top"].use(first=3), Use("loss")), 3)
    assert list(tally.metrics) == ["loss"]


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("logarithmic", [True, False])
def test_auc_is_exact_for_scores_of_16_bits(classes: int, logarithmic: bool) -> None:
    """With many that are equal, with the least and the greatest."""
    random = np.random.default_rng(classes)
    labels = random.integers(0, classes, 80).astype(np.int32)
    if logarithmic:
        scores = -random.choice([0, 2.0**-30, 0.25, 0.5, 3, 2.0**20, np.inf], (80, classes))
    else:
        scores = random.choice([0, 2.0**-30, 0.25, 0.5, 0.75, 1], (80, classes))
    outputs = scores.astype(np.float32)
    found = measure(Outcomes(outputs, labels, logarithmic))["auc"]
    assert found == pytest.approx(MEANT["auc"](scores, labels), rel=1e-14)


@pytest.mark.parametrize(
    ("scores", "meant"), [([0.1, 0.2, 0.7, 0.8], 1), ([0.8, 0.7, 0.2, 0.1], 0), ([0.5] * 4, 0.5)]
)
def test_auc_of_two_classes_is_that_of_class_1(scores: list[float], meant: float) -> None:
    outputs = np.array([[1 - score, score] for score in scores], np.float32)
    assert measure(Outcomes(outputs, np.array([0, 0, 1, 1], np.int32), False))["auc"] == meant


def test_auc_of_images_of_one_class_is_none() -> None:
    outputs = some_log_probabilities(5, 3)
    assert "auc" not in measure(Outcomes(outputs, np.ones(5, np.int32)))


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize(("sure", "right", "meant"), [
    ([0.9] * 10, 9, 0.0), ([0.9] * 10, 5, 0.4), ([0.6] * 10, 10, 0.4), ([1.0] * 4, 4, 0.0),
    ([1.0] * 4, 0, 1.0), ([0.55] * 5 + [0.95] * 5, 5, 0.45 / 2 + 0.95 / 2),
])  # fmt: skip
def test_calibration(sure: list[float], right: int, meant: float, logarithmic: bool) -> None:
    """Of two classes, of which the first is the likelier one; the first images are right."""
    outputs = np.array([[p, 1 - p] for p in sure])
    labels = (np.arange(len(sure)) >= right).astype(np.int32)
    with np.errstate(divide="ignore"):
        outputs = np.log(outputs) if logarithmic else outputs
    found = measure(Outcomes(outputs.astype(np.float32), labels, logarithmic))["calibration"]
    assert found == pytest.approx(meant, abs=1e-6)


def test_a_range_has_its_upper_end() -> None:
    """So that an image at an end is with those below it: one is right, and one is not."""
    for p, other in ((0.2, 0.19), (0.4, 0.39)):
        rest = np.full(9, (1 - p) / 9)
        outputs = np.array([[p, *rest * 0.1], [other, *rest * 0.1]])  # need not add up to 1
        found = measure(Outcomes(outputs.astype(np.float64), np.array([0, 1], np.int32), False))  # type: ignore[arg-type]
        assert found["calibration"] == pytest.approx(abs(1 - p - other) / 2, abs=1e-9)


def test_a_table_of_very_many_classes_is_left_out() -> None:
    found = measure(Outcomes(some_log_probabilities(3, 1001), np.zeros(3, np.int32)))
    assert "top1" in found and not found.keys() & {"auc", "confusion"}

"""The learning rate over a training, against the formulas of the schedules."""

from typing import Any

import pytest

from lenet.dsl.check import check, check_graph
from lenet.dsl.rates import RATES
from lenet.runtime.rates import momentum_at, rate_at
from reference.rates import RATES as MEANT
from reference.rates import momentum

TEXT = """input 8
linear 3
logsoftmax
train
  rate 0.25 {}
  stop after 10 epochs
"""
STEPS, TOTAL = 7, 70
USES = [(name, *use) for name, (_, uses) in MEANT.items() for use in uses]


def test_each_schedule_has_a_reference() -> None:
    assert set(MEANT) == set(RATES)


@pytest.mark.parametrize("name", RATES)
def test_the_example_is_one(name: str) -> None:
    graph = check_graph(TEXT.replace("rate 0.25 {}", RATES[name].example), "x")
    assert graph.train is not None and graph.train.rate is not None
    assert graph.train.rate.schedule is not None and graph.train.rate.schedule.name == name


@pytest.mark.parametrize(("name", "written", "values"), USES)
@pytest.mark.parametrize("warmup", [0, 2])
def test_a_schedule_agrees(name: str, written: str, values: dict[str, Any], warmup: int) -> None:
    """In every iteration, and on its way up."""
    ahead = f" warmup {warmup} epochs" if warmup else ""
    train = check_graph(TEXT.format(written + ahead), "x").train
    assert train is not None and train.rate is not None
    start = warmup * STEPS
    for t in range(TOTAL):
        climbs = bool(RATES[name].climbs)
        at = t if climbs else max(t, start)
        expected = MEANT[name][0](0.25, at, TOTAL, start, STEPS, **values)
        if t < start and not climbs:
            expected = MEANT[name][0](0.25, t, TOTAL, t, STEPS, **values) * (t + 1) / start
        assert rate_at(train.rate, t, STEPS, TOTAL) == pytest.approx(expected, rel=1e-12), t


@pytest.mark.parametrize("warmup", [0, 2])
def test_the_momentum_of_a_cycle_goes_the_other_way(warmup: int) -> None:
    ahead = f" warmup {warmup} epochs" if warmup else ""
    train = check_graph(TEXT.format(f"onecycle momentum 0.9 to 0.75{ahead}"), "x").train
    assert train is not None and train.rate is not None
    found = [momentum_at(train.rate, t, STEPS, TOTAL) for t in range(TOTAL)]
    expected = [momentum(t, TOTAL, warmup * STEPS, 0.9, 0.75) for t in range(TOTAL)]
    assert found == pytest.approx(expected, rel=1e-12)
    rates = [rate_at(train.rate, t, STEPS, TOTAL) for t in range(TOTAL)]
    peak = rates.index(max(rates))
    assert found[0] == 0.9 and found[peak] == min(found) == 0.75


def test_only_a_cycle_that_says_so_changes_the_momentum() -> None:
    for written in ("", "onecycle", "cosine"):
        train = check_graph(TEXT.format(written), "x").train
        assert train is not None and train.rate is not None
        assert momentum_at(train.rate, 3, STEPS, TOTAL) is None


@pytest.mark.parametrize(("rate", "optimizer", "code"), [
    ("onecycle momentum 0.95 to 0.85", "adagrad", "E056"),
    ("onecycle momentum 0.95 to 0.85", "nadam", "E056"),
    ("onecycle momentum 0.85 to 0.95", "sgd", "E016"),
    ("onecycle momentum 1 to 0.85", "sgd", "E016"),
    ("onecycle momentum 0.95 to 0", "sgd", "E016"),
    ("onecycle momentum 0.95", "sgd", "E055"),
])  # fmt: skip
def test_which_momentum_cannot_be(rate: str, optimizer: str, code: str) -> None:
    found = check(TEXT.format(f"{rate}\n  optimizer {optimizer}"))
    assert [d.code for d in found.diagnostics] == [code]

"""The learning rate over a training, against the formulas of the schedules."""

from typing import Any

import pytest

from lenet.dsl.check import check_graph
from lenet.dsl.rates import RATES
from lenet.runtime.rates import rate_at
from reference.rates import RATES as MEANT

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

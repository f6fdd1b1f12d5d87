"""Samplers and early stops: the same answers lead to the same questions, whatever is beside."""

import itertools

import numpy as np
import pytest

from lenet.dsl.check import check
from lenet.dsl.early import EARLY
from lenet.dsl.samplers import SAMPLERS
from lenet.dsl.search.space import Space
from lenet.runtime.early import Judge
from lenet.runtime.samplers import Chooser, Settings, chooser_of, values_of

SPACES = """\
input 8
linear 10 as score
data parquet "x"
  validate 20 percent
train
  optimizer sgd momentum 0.9
  rate 0.1
  batch 64
search
  rate log 0.001 to 1
  optimizer momentum 0.5 to 0.9
  batch 16 to 256
  optimizer in sgd adam
"""


def spaces(*lines: str) -> tuple[Space, ...]:
    text = SPACES.split("search\n")[0] + "search\n" + "".join(f"  {line}\n" for line in lines)
    graph = check(text if lines else SPACES).graph
    assert graph is not None and graph.search is not None
    return graph.search.spaces


def score(settings: Settings) -> float:
    """Best at a rate of 0.03 and a large momentum."""
    rate, momentum = (float(choice.text) for choice in settings[:2])
    return -abs(np.log(rate / 0.03)) + momentum


def rounds(chooser: Chooser, count: int, size: int = 4) -> list[Settings]:
    asked: list[Settings] = []
    for _ in range(count):
        found = [settings for _ in range(size) if (settings := chooser.ask()) is not None]
        for settings in found:
            chooser.tell([score(settings)], score(settings))
        asked += found
    return asked


def texts(found: list[Settings]) -> list[tuple[str, ...]]:
    return [tuple(choice.text for choice in settings) for settings in found]


@pytest.mark.parametrize("name", ["tpe", "random"])
def test_the_same_seed_asks_the_same(name: str) -> None:
    use = SAMPLERS[name].use()
    first, again, other = (texts(rounds(chooser_of(use, spaces(), seed), 4)) for seed in (3, 3, 4))
    assert first == again != other
    for rate, momentum, batch, optimizer in first:
        assert 0.001 <= float(rate) <= 1 and len(rate) <= 9
        assert 0.5 <= float(momentum) <= 0.9
        assert 16 <= int(batch) <= 256 and optimizer in ("sgd", "adam")


def test_logarithmic_rates_are_so() -> None:
    found = rounds(chooser_of(SAMPLERS["random"].use(), spaces(), 1), 50)
    small = [float(settings[0].text) < 10**-1.5 for settings in found]
    assert 0.4 < np.mean(small) < 0.6


def test_tpe_learns() -> None:
    """Later trials are nearer to the best place than chance."""
    found = rounds(chooser_of(SAMPLERS["tpe"].use(), spaces(), 1), 15)
    scores = [score(settings) for settings in found]
    assert np.mean(scores[-20:]) > np.mean(scores[:10]) + 0.5


def test_what_failed_is_avoided() -> None:
    chooser = chooser_of(SAMPLERS["tpe"].use(), spaces("rate log 0.001 to 1"), 1)
    rates = []
    for _ in range(40):
        settings = chooser.ask()
        assert settings is not None
        rates.append(float(settings[0].text))
        chooser.tell([], None if rates[-1] > 0.1 else -abs(np.log(rates[-1] / 0.01)))
    assert sum(rate > 0.1 for rate in rates[20:]) < sum(rate > 0.1 for rate in rates[:20])


def test_a_grid_has_all_of_it_in_the_order_of_the_lines() -> None:
    lines = "batch in 16 32", "rate log 0.01 to 1 steps 3", "optimizer in sgd adam"
    chooser = chooser_of(SAMPLERS["grid"].use(), spaces(*lines), 1)
    found = texts([settings for _ in range(12) if (settings := chooser.ask())])
    expected = itertools.product(("16", "32"), ("0.01", "0.1", "1"), ("sgd", "adam"))
    assert found == list(expected) and chooser.ask() is None


def test_steps_are_evenly_apart() -> None:
    def values(line: str) -> list[str]:
        return [choice.text for choice in values_of(spaces(line)[0])]

    assert values("optimizer momentum 0.5 to 0.9 steps 3") == ["0.5", "0.7", "0.9"]
    assert values("batch 16 to 18") == ["16", "17", "18"]
    chooser = chooser_of(SAMPLERS["tpe"].use(), spaces("batch 16 to 64 steps 4"), 1)
    asked = {settings[0].text for _ in range(20) if (settings := chooser.ask())}
    assert asked == {"16", "32", "48", "64"}


CURVES = [[k / 10 + step / 100 for step in range(9)] for k in (1, 2, 3, 9, 8, 7, 4)]


def ends(judge: Judge, number: int, scores: list[float]) -> int:
    """After how many of its validations a trial is stopped; all if never."""
    watcher = judge.watcher(number)
    return next((k for k, s in enumerate(scores, start=1) if watcher.lags(s)), len(scores))


def test_halving_lets_the_best_third_go_on() -> None:
    """At 1, 3 and 9 validations, against the trials that were told before; worked out by hand."""
    judge = Judge(EARLY["halving"].use(factor=3), 9)
    found = []
    for number, curve in enumerate(CURVES):
        found.append(ends(judge, number, curve))
        judge.tell(curve[: found[-1]], found[-1] == 9)
    # Each of the first four is better than all before; the last three are not in the best third.
    assert found == [9, 9, 9, 9, 1, 1, 1]


@pytest.mark.parametrize("name", list(EARLY))
def test_only_what_was_told_counts(name: str) -> None:
    """The trials of a round do not see each other, in whatever order they go on."""
    told: list[list[int]] = []
    for order in ((4, 5, 6), (6, 4, 5)):
        judge = Judge(EARLY[name].use(), 9)
        for curve in CURVES[:4] * 2:
            judge.tell(curve, True)
        watchers = {k: judge.watcher(4 + k) for k in order}
        stopped = dict.fromkeys(order, 9)
        for step in range(9):
            for k in order:
                if watchers[k].lags(CURVES[k][step]):
                    stopped[k] = min(stopped[k], step)
        told.append([stopped[k] for k in (4, 5, 6)])
    assert told[0] == told[1]


def test_the_median() -> None:
    judge = Judge(EARLY["median"].use(), 9)
    for curve in CURVES[:5]:
        judge.tell(curve, True)
    assert ends(judge, 5, CURVES[0]) == 1 and ends(judge, 5, CURVES[3]) == 9


def test_never() -> None:
    assert ends(Judge(None, 9), 3, [0.0] * 9) == 9

"""`plateau`: a rate that falls when a metric stalls."""

from pathlib import Path
from typing import Any

import pytest

import lenet
from lenet.dsl.check import check, check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.training.values import Rate
from lenet.runtime.rates import rate_at
from lenet.runtime.training.plateau import Plateau

NET = """\
input 1x8x8
flatten
linear 10
logsoftmax
data digits
train
  rate 3 plateau {}
  batch 400
  stop after {} epochs
  validate loss every epoch
"""


def rate_of(line: str) -> Rate:
    train = check_graph(NET.format(line, 5), "x").train
    assert train is not None and train.rate is not None
    return train.rate


def test_it_falls_as_keras_says() -> None:
    """By hand: patience 2, and the wait begins anew behind each fall."""
    plateau, rate = Plateau(rate_of("loss times 0.5 after 2 epochs")), rate_of("loss times 0.5")
    losses = [1.0, 0.9, 0.95, 0.9, 0.91, 0.92, 0.8, 0.81, 0.79, 1, 1]
    found = []
    for epoch, loss in enumerate(losses, start=1):
        plateau.see({"loss": loss}, epoch)
        found.append(plateau.stalled)
    assert found == [0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 3]
    assert [rate_at(rate, 0, 1, 0, n) for n in (0, 1, 2)] == [3, 1.5, 0.75]
    plateau.see({}, 12)
    assert plateau.stalled == 3


def test_a_run_that_goes_on_gives_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text(NET.format("loss times 0.5 after 1 epoch", 9))
    whole = lenet.train(path, engine="local", progress=False, output=tmp_path / "whole")
    rates = [epoch["rate"] for epoch in whole.history]
    assert rates[0] == 3 and rates[-1] < 3 and sorted(rates, reverse=True) == rates
    lenet.train(path, engine="local", progress=False, output=tmp_path / "parts", epochs=4)
    parts = lenet.train(path, engine="local", progress=False, output=tmp_path / "parts",
                        resume=True, epochs=9)  # fmt: skip
    assert whole.digest == parts.digest


@pytest.mark.parametrize("state", ["x", [1, 2], [None, -1, 0], ["a", 1, 1], [1.0, 1, 10**9]])
def test_what_a_checkpoint_cannot_say(state: Any) -> None:
    with pytest.raises(LenetError, match="damaged"):
        Plateau(rate_of("loss")).restore(state)
    Plateau(None).restore(state)  # nobody asks


@pytest.mark.parametrize("line", ["", "size", "confusion", "loss after 3 iterations",
                                  "loss times 2", "loss after 3"])  # fmt: skip
def test_lines_that_cannot_be_read(line: str) -> None:
    assert check(NET.format(line, 5)).graph is None

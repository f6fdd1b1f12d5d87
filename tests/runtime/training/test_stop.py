"""When a training ends: lengths, times, and conditions that hold together."""

from pathlib import Path
from typing import Any

import pytest

import lenet
from lenet.dsl.check import check, check_graph
from lenet.dsl.metrics import METRICS
from lenet.dsl.training.values import Stop
from lenet.runtime.training import clock as clocks
from lenet.runtime.training.early_stopping import Stopper

NET = """\
input 1x8x8
flatten
linear 10
logsoftmax
data digits
train
  rate 0.1
  batch 400
  {}
"""


def train_of(line: str) -> Any:
    train = check_graph(NET.format(line), "x").train
    assert train is not None
    return train


def test_lengths_and_times() -> None:
    for line, stop, seconds in (
        ("stop after 40 epochs or 20 minutes", "40 epochs", 1200),
        ("stop after 1.5 hours or 300 iterations", "300 iterations", 5400),
        ("stop after 1 minute", "None", 60), ("stop after 3 epochs", "3 epochs", 0),
    ):  # fmt: skip
        train = train_of(line)
        assert (str(train.stop), train.seconds) == (stop, seconds)


@pytest.mark.parametrize("line", [
    "stop after 3 epochs or 5 iterations", "stop after 3 minutes or 2 hours", "stop after 20 or",
    "stop after 0 minutes", "stop after 3 epochs and 2 minutes", "stop after 3",
    "stop when top1 above 0.9 and", "stop when top1 above 0.9 or 3 epochs",
    "stop when top1 above 0.9 loss below 1",
])  # fmt: skip
def test_lines_that_cannot_be_read(line: str) -> None:
    assert check(NET.format(line)).graph is None


def test_a_rate_that_needs_an_end_is_not_content_with_a_time() -> None:
    text = NET.format("stop after 5 minutes").replace("rate 0.1", "rate 0.1 cosine")
    assert [d.code for d in check(text).diagnostics] == ["E054"]
    assert check(text.replace("5 minutes", "5 minutes or 9 epochs")).graph is not None


def test_conditions_that_hold_together() -> None:
    train = train_of("stop when top1 above 0.5 and loss below 1 or top5 above 0.99")
    top1, top5, loss = (METRICS[name].use() for name in ("top1", "top5", "loss"))
    both = Stop(top1, "above", 0.5, others=(Stop(loss, "below", 1.0),))
    assert train.stop is None and train.stop_when == (both, Stop(top5, "above", 0.99))
    assert {use.name for use in train.measured} == {"top1", "top5", "loss"}
    for values, reached in (
        ((0.6, 2.0, 0.9), False), ((0.4, 0.5, 0.9), False), ((0.6, 0.5, 0.9), True),
        ((0.1, 3.0, 0.995), True),
    ):  # fmt: skip
        stopper = Stopper(train.stop_when)
        stopper.see(dict(zip(("top1", "loss", "top5"), values, strict=True)), 1)
        assert stopper.reached == reached, values


def test_a_condition_that_stalls_counts_whatever_the_other_says() -> None:
    train = train_of("stop when top1 above 0.5 and loss stalls for 2 epochs")
    stopper, again = Stopper(train.stop_when), Stopper(train.stop_when)
    for epoch, (top1, loss) in enumerate([(0.1, 1.0), (0.2, 1.1), (0.3, 1.2)], start=1):
        stopper.see({"top1": top1, "loss": loss}, epoch)
        again.restore(stopper.state)
    assert not stopper.reached
    for known in (stopper, again):
        known.see({"top1": 0.6, "loss": 1.3}, 4)
        assert known.reached


def test_a_training_ends_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the time before it went on counts; `--epochs` takes the line's place."""
    path, clock = tmp_path / "net.lenet", [0.0]
    path.write_text(NET.format("stop after 50 epochs or 1 minute\n  checkpoint every epoch"))

    class Time:
        @staticmethod
        def monotonic() -> float:
            clock[0] += 0.5
            return clock[0]

    monkeypatch.setattr(clocks, "time", Time)
    folder = tmp_path / "run"
    model = lenet.train(path, engine="local", output=folder, progress=False)
    assert 3 < model.history[-1]["epoch"] < 50
    again = lenet.train(path, engine="local", output=folder, progress=False, resume=True)
    assert again.digest == model.digest and len(again.history) == len(model.history)
    more = lenet.train(path, engine="local", output=folder, progress=False, resume=True, epochs=50)
    assert more.history[-1]["epoch"] == 50

"""docs/events.md has every event of a run with all its keys, and nothing else."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import lenet
from lenet.runtime.events import Event, event_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "events.md").read_text()
TEXT = """\
input 1x8x8
reshape 64
linear 10 as score
logsoftmax
data digits
train
  loss nll
  rate 0.1
  batch 256
  stop after 2 epochs
  validate top1 loss every 2 iterations
  log parameters every 2 iterations
  checkpoint every epoch
"""


def documented() -> dict[str, set[str]]:
    """The keys of each event by the page, beside `event`."""
    found = {}
    for part in PAGE.split("\n## ")[1:]:
        name, _, body = part.partition("\n")
        keys = re.findall(r"^- ((?:`\w+`(?:, )?)+)", body, re.MULTILINE)
        found[name] = {key for group in keys for key in re.findall(r"`(\w+)`", group)}
    return found


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    lenet.train(TEXT, engine="local", watch=found.append)
    return found


def test_a_run_has_the_keys_of_the_page(events: list[dict[str, Any]]) -> None:
    page = documented()
    for event in events:
        assert set(event) - {"event"} == page[event["event"]], event["event"]
    kinds = {event["event"] for event in events}
    local = {"data", "start", "compiled", "iteration", "parameters", "validation", "epoch",
             "checkpoint"}  # fmt: skip
    assert local <= kinds


def test_the_units(events: list[dict[str, Any]]) -> None:
    of = {event["event"]: event for event in events}
    start = of["start"]["workers"][0]
    assert set(start) == {"rank", "host", "process"} and start["rank"] == 0
    steps = [event for event in events if event["event"] == "iteration"]
    assert (steps[0]["iteration"], steps[0]["epoch"], steps[0]["step"]) == (1, 1, 1)
    assert steps[-1]["step"] == steps[-1]["steps"] == 6 and steps[-1]["iteration"] == 12
    for event in (*steps, of["epoch"]):
        assert 0 <= event["top1"] <= 1 and event["images_per_second"] > 0
        assert event["rate"] == pytest.approx(0.1)
    assert set(of["epoch"]["validation"]) == set(of["validation"]["validation"]) == {"top1", "loss"}
    assert (of["data"]["rows"], of["data"]["held_out"]) == (1437, 360)
    parameters = of["parameters"]
    assert sum(parameters["counts"]) == parameters["count"]
    assert len(parameters["counts"]) == len(parameters["limits"]) == 30


def test_history_is_what_the_page_says() -> None:
    model = lenet.train(TEXT, engine="local", epochs=1)
    assert [set(epoch) for epoch in model.history] == [documented()["epoch"]]


def test_the_page_has_every_event() -> None:
    source = {kind.kind: {field.name for field in fields(kind)} for kind in Event.__subclasses__()}
    assert source == documented()


def test_events_survive_json(events: list[dict[str, Any]]) -> None:
    for event in events:
        assert event_of(json.loads(json.dumps(event))).as_dict() == event
    for other in ({"event": "hello"}, {"event": "failed"}, {**events[0], "more": 1}):
        with pytest.raises(ValueError, match="no event"):
            event_of(other)


def test_the_example_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {"lenet": lenet}
    exec(code[1].replace('engine="local"', 'engine="local", epochs=1'), names)
    assert len(names["losses"]) > 10

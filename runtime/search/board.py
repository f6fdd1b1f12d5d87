"""The trials of a search for TensorBoard: a run each, with what it sets."""

import time
from pathlib import Path

from lenet.dsl.metrics import named
from lenet.runtime.search.plan import Plan
from lenet.runtime.search.record import Record


def write_trial(folder: Path, plan: Plan, record: Record) -> None:
    """The event file of a trial, unless it is there from before a search went on. The steps of its
    scalars are validations, counted from 1."""
    place = folder / "tensorboard" / f"trial-{record.number:04}"
    if place.exists():
        return
    from lenet.runtime.records.tensorboard import Board  # slow to import

    place.parent.mkdir(exist_ok=True)
    board, when, tag = Board(place, 0), time.time(), f"validation/{named(plan.metric)}"
    numbers = [all(c.number for c in target.space.tried) for target in plan.targets]

    def settings(texts: tuple[str, ...]) -> dict[str, float | str]:
        found: dict[str, float | str] = {}
        for title, text, number in zip(plan.titles, texts, numbers, strict=True):
            if text:
                found[title] = _number(text) if number else text
        return found

    board.hyperparameters(settings(plan.own), settings(record.settings), tag, when)
    for step, value in enumerate(record.values, start=1):
        board.scalars({tag: value}, step, when)
    board.flush()


def _number(text: str) -> float | str:
    """What the file itself says may be an expression."""
    try:
        return float(text)
    except ValueError:
        return text

"""Writes what a run reports into its folder: history.jsonl and TensorBoard's event files."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dsl.errors import LenetError
from dsl.sections.reader import Duration
from dsl.sections.train import Train

Event = dict[str, Any]
_SCALARS = {"loss": "loss", "rate": "rate", "throughput": "images_per_second"}


class Recorder:
    """Takes events while the run goes on; `history` keeps the epochs for the model."""

    def __init__(self, folder: Path, settings: Train) -> None:
        from tensorboardX import SummaryWriter

        self.logs = dict(settings.logs)
        self.history: list[Event] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.file = (folder / "history.jsonl").open("w", encoding="utf-8")
            self.board = SummaryWriter(str(folder / "tensorboard"), flush_secs=2)
        except OSError as error:
            raise _cannot_write(folder, error) from None
        self.folder = folder

    def __call__(self, event: Event) -> None:
        try:
            self._record(event)
        except OSError as error:
            raise _cannot_write(self.folder, error) from None

    def close(self) -> None:
        self.file.close()
        self.board.close()

    def _record(self, event: Event) -> None:
        kind = event["event"]
        if kind == "iteration":
            self._iteration(event)
        elif kind == "parameters":
            self.board.add_histogram_raw(
                f"parameters/{event['name']}",
                event["min"],
                event["max"],
                event["count"],
                event["sum"],
                event["sum_of_squares"],
                np.array(event["limits"]),
                np.array(event["counts"]),
                global_step=event["iteration"],
            )
        elif kind in ("epoch", "validation"):
            self._write(event)
            if kind == "epoch":
                self.history.append({k: v for k, v in event.items() if k != "event"})
                for what, every in self.logs.items():
                    if what in _SCALARS and every.unit == "epochs" and _due(every, event["epoch"]):
                        self._scalar(f"train/{what}", event[_SCALARS[what]], event)
            for name, value in event["validation"].items():
                self._scalar(f"validation/{name}", value, event)

    def _iteration(self, event: Event) -> None:
        logged = {"event": "iteration", "iteration": event["iteration"], "epoch": event["epoch"]}
        for what, every in self.logs.items():
            if what in _SCALARS and every.unit == "iterations" and _due(every, event["iteration"]):
                key = _SCALARS[what]
                logged[key] = event[key]
                self._scalar(f"train/{what}", event[key], event)
        if len(logged) > 3:
            self._write(logged)

    def _scalar(self, tag: str, value: float, event: Event) -> None:
        self.board.add_scalar(tag, value, global_step=event["iteration"])

    def _write(self, event: Event) -> None:
        self.file.write(json.dumps(event) + "\n")
        self.file.flush()


def _due(every: Duration, count: int) -> bool:
    return count % every.count == 0


def _cannot_write(folder: Path, error: OSError) -> LenetError:
    reason = error.strerror or str(error)
    return LenetError(f"cannot write the run's records into {folder}", reason)

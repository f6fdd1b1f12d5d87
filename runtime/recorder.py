"""Writes what a run reports into its folder: history.jsonl and TensorBoard's event files."""

import json
import time
from pathlib import Path
from typing import Any

from dsl.errors import LenetError
from dsl.sections.reader import Duration
from dsl.sections.train import Train

Event = dict[str, Any]
_SCALARS = {"loss": "loss", "rate": "rate", "throughput": "images_per_second"}
_FLUSH_SECONDS = 2.0


class Recorder:
    """Takes events while the run goes on; LenetError where they cannot be written."""

    def __init__(self, folder: Path, settings: Train) -> None:
        self.logs = dict(settings.logs)
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.file = (folder / "history.jsonl").open("w", encoding="utf-8")
            self.board = _Board(folder / "tensorboard")
        except OSError as error:
            raise _cannot_write(folder, error) from None

    def __call__(self, event: Event) -> None:
        try:
            self._record(event)
        except OSError as error:
            raise _cannot_write(self.folder, error) from None

    def close(self) -> None:
        try:
            self.file.close()
            self.board.close()
        except OSError as error:
            raise _cannot_write(self.folder, error) from None

    def _record(self, event: Event) -> None:
        kind = event["event"]
        if kind == "iteration":
            self._iteration(event)
        elif kind == "parameters":
            self.board.histogram(f"parameters/{event['name']}", event)
        elif kind in ("epoch", "validation"):
            self._write(event)
            if kind == "epoch":
                for what, every in self.logs.items():
                    if what in _SCALARS and every.unit == "epochs" and _due(every, event["epoch"]):
                        self.board.scalar(f"train/{what}", event[_SCALARS[what]], event)
            for name, value in event["validation"].items():
                self.board.scalar(f"validation/{name}", value, event)

    def _iteration(self, event: Event) -> None:
        logged = {"event": "iteration", "iteration": event["iteration"], "epoch": event["epoch"]}
        for what, every in self.logs.items():
            if what in _SCALARS and every.unit == "iterations" and _due(every, event["iteration"]):
                key = _SCALARS[what]
                logged[key] = event[key]
                self.board.scalar(f"train/{what}", event[key], event)
        if len(logged) > 3:
            self._write(logged)

    def _write(self, event: Event) -> None:
        self.file.write(json.dumps(event) + "\n")
        self.file.flush()


class _Board:
    """An event file, written here and now.

    tensorboardX's SummaryWriter writes in a thread: on a full disk that thread dies, and the run
    waits for it for ever.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboardX.event_file_writer import EventsWriter

        folder.mkdir(exist_ok=True)
        self.file = EventsWriter(str(folder / "events"))
        self.flushed = 0.0

    def scalar(self, tag: str, value: float, event: Event) -> None:
        from tensorboardX.summary import scalar

        self._add(scalar(tag, value), event)

    def histogram(self, tag: str, event: Event) -> None:
        from tensorboardX.summary import histogram_raw

        statistics = (event[key] for key in ("min", "max", "count", "sum", "sum_of_squares"))
        self._add(histogram_raw(tag, *statistics, event["limits"], event["counts"]), event)

    def close(self) -> None:
        self.file.close()

    def _add(self, summary: Any, event: Event) -> None:
        from tensorboardX.proto.event_pb2 import Event as BoardEvent

        now = time.time()
        self.file.write_event(BoardEvent(wall_time=now, step=event["iteration"], summary=summary))
        if now - self.flushed >= _FLUSH_SECONDS:
            self.file.flush()
            self.flushed = now


def _due(every: Duration, count: int) -> bool:
    return count % every.count == 0


def _cannot_write(folder: Path, error: OSError) -> LenetError:
    reason = error.strerror or str(error)
    return LenetError(f"cannot write the run's records into {folder}", reason)

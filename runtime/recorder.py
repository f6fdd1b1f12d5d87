"""Writes what a run reports into its folder: history.jsonl and TensorBoard's event files."""

import json
import time
from pathlib import Path
from typing import Any

from dsl.errors import LenetError
from dsl.sections.train import Train
from runtime.files import write_atomically

Event = dict[str, Any]
_SCALARS = {"loss": "loss", "rate": "rate", "throughput": "images_per_second"}
_FLUSH_SECONDS = 2.0


class Recorder:
    """Takes events while the run goes on; LenetError where they cannot be written.

    A run that goes on behind an `iteration` keeps what was recorded up to that.
    """

    def __init__(self, folder: Path, settings: Train, iteration: int = 0) -> None:
        self.logs = dict(settings.logs)
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            history = folder / "history.jsonl"
            if iteration and history.exists():
                _keep_until(history, iteration)
            self.file = history.open("a" if iteration else "w", encoding="utf-8")
            self.board = _Board(folder / "tensorboard", iteration)
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
            scalars = {}
            if kind == "epoch":
                for what in self._due("epochs", event["epoch"]):
                    scalars[f"train/{what}"] = event[_SCALARS[what]]
            for name, value in event["validation"].items():
                scalars[f"validation/{name}"] = value
            self.board.scalars(scalars, event)

    def _iteration(self, event: Event) -> None:
        found = self._due("iterations", event["iteration"])
        if found:
            logged = {key: event[key] for key in ("event", "iteration", "epoch")}
            self._write({**logged, **{_SCALARS[what]: event[_SCALARS[what]] for what in found}})
            self.board.scalars({f"train/{what}": event[_SCALARS[what]] for what in found}, event)

    def _due(self, unit: str, count: int) -> list[str]:
        """The scalars that are logged after so many iterations or epochs."""
        return [
            what
            for what, every in self.logs.items()
            if what in _SCALARS and every.unit == unit and count % every.count == 0
        ]

    def _write(self, event: Event) -> None:
        self.file.write(json.dumps(event) + "\n")
        self.file.flush()


class _Board:
    """An event file, written here and now.

    tensorboardX's SummaryWriter writes in a thread: on a full disk that thread dies, and the run
    waits for it for ever.
    """

    def __init__(self, folder: Path, iteration: int) -> None:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event as BoardEvent
        from tensorboardX.proto.event_pb2 import SessionLog
        from tensorboardX.proto.summary_pb2 import Summary
        from tensorboardX.summary import histogram_raw

        self.event, self.summary, self.histogram_raw = BoardEvent, Summary, histogram_raw
        folder.mkdir(exist_ok=True)
        # A folder's files are read in the order of their names, which begin with the second.
        number = len(list(folder.iterdir()))
        self.file = EventsWriter(str(folder / "events"), filename_suffix=f".{number}")
        self.flushed = 0.0
        if iteration:  # TensorBoard forgets what it was told of later steps
            log = SessionLog(status=SessionLog.START)
            event = BoardEvent(wall_time=time.time(), step=iteration + 1, session_log=log)
            self.file.write_event(event)

    def scalars(self, values: dict[str, float], event: Event) -> None:
        value = self.summary.Value
        parts = [value(tag=tag, simple_value=number) for tag, number in values.items()]
        if parts:
            self._add(self.summary(value=parts), event)

    def histogram(self, tag: str, event: Event) -> None:
        statistics = (event[key] for key in ("min", "max", "count", "sum", "sum_of_squares"))
        self._add(self.histogram_raw(tag, *statistics, event["limits"], event["counts"]), event)

    def close(self) -> None:
        self.file.close()

    def _add(self, summary: Any, event: Event) -> None:
        now = time.time()
        self.file.write_event(self.event(wall_time=now, step=event["iteration"], summary=summary))
        if now - self.flushed >= _FLUSH_SECONDS:
            self.file.flush()
            self.flushed = now


def read_history(path: Path) -> list[Event]:
    """The records of a run; one that was cut short by a crash is left out."""
    found = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event and "iteration" in event:
                found.append(event)
    except (OSError, UnicodeDecodeError):
        return []
    return found


def _keep_until(path: Path, iteration: int) -> None:
    """Drop the records of what happened after an iteration."""
    lines = [json.dumps(e) + "\n" for e in read_history(path) if e["iteration"] <= iteration]
    write_atomically(path, "".join(lines).encode())


def _cannot_write(folder: Path, error: OSError) -> LenetError:
    reason = error.strerror or str(error)
    return LenetError(f"cannot write the run's records into {folder}", reason)

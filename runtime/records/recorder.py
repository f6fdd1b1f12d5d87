"""Writes what a run reports into its folder: history.jsonl and TensorBoard's event files."""

import errno
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean_json
from lenet.dsl.metrics import metric_called
from lenet.dsl.training.values import Train
from lenet.runtime.events import EpochDone, Event, Histogram, IterationDone, Sampled, Validated
from lenet.runtime.machine.files import Tail, write_atomically

_SCALARS = {"loss": "loss", "rate": "rate", "throughput": "images_per_second"}
_Recorded = IterationDone | Histogram | EpochDone | Validated | Sampled
_FLUSH_SECONDS = 2.0
_MOST = 64  # events that wait


class Recorder:
    """Takes events while the run goes on; LenetError where they cannot be written, which is tried
    again the next time. `held` says whether the folder is still this run's.

    Those of iterations are written some at a time: between two steps of training, Python's code
    and files have left the processor's caches, and each by itself takes three times as long. A run
    that goes on behind an `iteration` keeps what was recorded up to that. TensorBoard shows the
    `graph`.
    """

    def __init__(
        self,
        folder: Path,
        settings: Train,
        iteration: int = 0,
        held: Callable[[], bool] = lambda: True,
        graph: Graph | None = None,
    ) -> None:
        from lenet.runtime.records.tensorboard import Board  # slow to import

        self.logs = dict(settings.logs)
        self.folder, self.held = folder, held
        self.waiting: list[tuple[float, _Recorded]] = []  # with the times when they came
        self.written = self.flushed = -math.inf
        with self._errors():
            folder.mkdir(parents=True, exist_ok=True)
            history = folder / "history.jsonl"
            if iteration and history.exists():
                _keep_until(history, iteration)
            self.file = Tail(history, fresh=not iteration)
            self.board = Board(folder / "tensorboard", iteration)
            if graph is not None and not iteration:
                self.board.describe(graph, time.time())

    def __call__(self, event: Event) -> None:
        if not isinstance(event, _Recorded):
            return
        self.waiting.append((time.time(), event))
        now = time.monotonic()
        late = now - self.written >= _FLUSH_SECONDS or len(self.waiting) >= _MOST
        if late or isinstance(event, EpochDone | Validated):
            with self._errors():
                self._write()
                if now - self.flushed >= _FLUSH_SECONDS:
                    self.board.flush()
                    self.flushed = now

    def flush(self) -> None:
        """Write all that has come so far."""
        with self._errors():
            self._write()
            self.board.flush()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            title = f"cannot write the run's records into {self.folder}"
            raise LenetError(title, error.strerror or str(error)) from None

    def _write(self) -> None:
        waiting, self.waiting, self.written = self.waiting, [], time.monotonic()
        for when, event in waiting:
            if isinstance(event, Histogram):
                self.board.histogram(f"{event.of}/{event.name}", event, when)
            elif isinstance(event, Sampled):
                self.board.images("train/images", event, when)
            elif isinstance(event, IterationDone):
                self._iteration(event, when)
            else:
                self._epoch(event, when)
        if not self.held():
            raise OSError(errno.ENOENT, "It has disappeared, or another run has taken it")
        self.file.flush()

    def _iteration(self, event: IterationDone, when: float) -> None:
        due = self._due("iterations", event.iteration)
        if due:
            line = {"event": event.kind, "iteration": event.iteration, "epoch": event.epoch}
            self._line(line | {_SCALARS[what]: getattr(event, _SCALARS[what]) for what in due})
            self.board.scalars(_scalars(event, due), event.iteration, when)

    def _epoch(self, event: EpochDone | Validated, when: float) -> None:
        self._line(event.as_dict())
        scalars = {}
        if isinstance(event, EpochDone):
            scalars = _scalars(event, self._due("epochs", event.epoch))
            scalars["epoch/loss"] = event.loss
            if event.top1 is not None:
                scalars["epoch/top1"] = event.top1
        scalars |= {
            f"validation/{name}": value
            for name, value in event.validation.items()
            if not metric_called(name).table
        }
        self.board.scalars(scalars, event.iteration, when)

    def _line(self, record: dict[str, Any]) -> None:
        self.file.add(clean_json(record).encode() + b"\n")

    def _due(self, unit: str, count: int) -> list[str]:
        """The scalars that are logged after so many iterations or epochs."""
        return [
            what
            for what, every in self.logs.items()
            if what in _SCALARS and every.unit == unit and count % every.count == 0
        ]


def _scalars(event: IterationDone | EpochDone, due: list[str]) -> dict[str, float]:
    """TensorBoard's names for what is logged of a training, and the values."""
    return {f"train/{what}": getattr(event, _SCALARS[what]) for what in due}


def read_history(path: Path) -> list[dict[str, Any]]:
    """The records of a run; one that was cut short by a crash is left out."""
    found = []
    try:
        for line in read_file(path).decode().split("\n"):
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
    lines = [clean_json(e) + "\n" for e in read_history(path) if e["iteration"] <= iteration]
    write_atomically(path, "".join(lines).encode())

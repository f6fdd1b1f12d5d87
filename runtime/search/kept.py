"""The best model of a search, and its file."""

from contextlib import suppress
from pathlib import Path
from threading import Lock

from lenet.dsl.metrics import Metric
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.models.model import Model
from lenet.runtime.search.record import Record

MODEL, FILE, TRIALS = "model.safetensors", "best.lenet", "trials"


class Kept:
    """Models of trials, until it is known which is the best, and that one: in a `folder`, where it
    outlives a kill, or here."""

    def __init__(self, folder: Path | None, metric: Metric) -> None:
        self.folder, self.metric = folder, metric
        self.text = ""  # the best one's file
        self._best: Record | None = None
        self._models: dict[int, Model] = {}
        self._lock = Lock()

    def take(self, record: Record, model: Model) -> None:
        """Of a trial that is done; one that is no better than the best so far is forgotten."""
        best = self._best.value if self._best is not None else None
        if record.value is None:
            return
        if best is not None and self.metric.score(record.value) <= self.metric.score(best):
            return
        if self.folder is not None:
            (self.folder / TRIALS).mkdir(parents=True, exist_ok=True)
            model.save(self._path(record.number))
            return
        with self._lock:
            self._models[record.number] = model

    def keep(self, record: Record, text: str) -> None:
        """This trial is the best so far."""
        self._best, self.text = record, text
        if self.folder is None:
            return
        write_atomically(self.folder / FILE, text.encode())
        path = self._path(record.number)
        if path.exists():  # else it was put into its place before a kill
            path.replace(self.folder / MODEL)

    def put(self, model: Model) -> None:
        """This is the model of the best trial."""
        if self.folder is not None:
            model.save(self.folder / MODEL)

    def forget(self, count: int) -> None:
        """All others of the first trials, when so many are compared. A search that goes on may
        have one of the next round already."""
        best = self._best.number if self._best is not None else None
        self._models = {n: model for n, model in self._models.items() if n == best}
        if self.folder is not None:
            for number in range(count):
                self._path(number).unlink(missing_ok=True)
            with suppress(OSError):  # there are others in it, or it was never made
                (self.folder / TRIALS).rmdir()

    def model(self, best: Record | None) -> Model | None:
        """That of the best trial."""
        if best is None:
            return None
        if self.folder is not None:
            return Model.open(self.folder / MODEL)
        return self._models[best.number]

    def _path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / TRIALS / f"{number:04}.safetensors"

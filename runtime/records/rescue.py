"""Where a run is kept whose own folder cannot be written: it is full, or has disappeared."""

import json
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lenet.dsl.errors import LenetError
from lenet.runtime.events import EpochDone, Warned, Watch
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.records.checkpoint import Checkpoints, Folder, State
from lenet.runtime.records.records import Records

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


class Rescue:
    """A temporary folder from which another run can go on, for as long as it is needed.

    The training goes on meanwhile, and its own folder is tried again at each checkpoint. `job` is
    the digest of the training; `report` is told when this begins and ends.
    """

    def __init__(self, records: Records, job: str, report: Watch) -> None:
        self.records, self.job, self.report = records, job, report
        self.folder: Path | None = None
        self.active = False

    @property
    def wanted(self) -> bool:
        """Whether the records have just failed, so that a checkpoint is wanted at once."""
        return self.records.failure is not None and not self.active

    def newest(self) -> bytes | None:
        return self._checkpoints(self.folder).newest() if self.folder else None

    def keep(self, error: LenetError, state: bytes) -> int:
        """Take a checkpoint that could not be written because of an error; its iteration."""
        try:
            folder = self._folder()
            self._checkpoints(folder).save(state)
            where, again = f"it is kept in {folder}", f"--resume {shlex.quote(str(folder))}"
            fix = f"mend that meanwhile; or go on from there later: lenet train {again}"
        except LenetError as other:
            if self.newest() is None:  # there is but a part of it
                self._remove()
            where = f"nothing is kept elsewhere either: {_sentence(other)}"
            fix = "mend that before the run ends"
        if not self.active:
            self.active = True
            text = f"{_sentence(error)} The training goes on and will try again; until then {where}"
            self.report(Warned(text, fix))
        return State.from_bytes(state, self.job).iteration

    def end(self) -> None:
        """The run's own folder has taken everything."""
        if self.active:
            self.report(Warned("the run can be written again"))
            self.active = False
            self._remove()

    def save(self, models: Mapping[str, "Model"]) -> None:
        """Save models under their names in the run's folder, the main one first: elsewhere, and
        with a LenetError, if one or the records cannot be written where they belong."""
        error, own, first = self.records.failure, self.records.folder, next(iter(models))
        assert own is not None
        if error is None:
            try:
                _save(models, own)
                return self._leave()
            except LenetError as failed:
                error = failed
        try:
            folder = self._folder()
            _save(models, folder)
        except LenetError as other:
            nowhere = f"It cannot be kept elsewhere either: {_sentence(other)}"
            detail = f"{error.detail.rstrip('.')}. {nowhere}"
            raise LenetError(error.title, detail, error.fix, error.python) from None
        raise LenetError(
            error.title,
            f"{error.detail.rstrip('.')}. What was trained is in {folder} instead.",
            f"mend that, and then move the model to its place: {folder / _file(first)}",
        ) from None

    def _leave(self) -> None:
        """At the end of a run whose last checkpoints are here only."""
        if self.active:
            again = f"lenet train --resume {shlex.quote(str(self.folder))} --epochs N"
            text = f"the last checkpoints could not be written, and are in {self.folder} only"
            fix = f"remove it, or train for more epochs from there: {again}"
            self.report(Warned(text, fix))

    def _folder(self) -> Path:
        """With all that a run needs to go on from its checkpoints."""
        try:
            folder = self.folder or Path(tempfile.mkdtemp(prefix="lenet-rescue-"))
        except OSError as error:
            raise LenetError("cannot make a temporary folder", error.strerror or "") from None
        self.folder = folder
        lines = [
            json.dumps({"event": EpochDone.kind, **epoch}) + "\n" for epoch in self.records.history
        ]
        write_atomically(folder / "history.jsonl", "".join(lines).encode())
        write_atomically(folder / "run.json", self.records.about_text())
        return folder

    def _remove(self) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    def _checkpoints(self, folder: Path) -> Checkpoints:
        return Checkpoints(Folder(folder / "checkpoints"), self.job, lambda _: None)


def _file(name: str) -> str:
    return f"{name}.safetensors"


def _save(models: Mapping[str, "Model"], folder: Path) -> None:
    for name, model in models.items():
        model.save(folder / _file(name))


def _sentence(error: LenetError) -> str:
    return ": ".join(part.rstrip(".") for part in (error.title, error.detail) if part) + "."

"""What a run keeps of itself: its folder, from which it can go on, and its history."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean_json
from lenet.runtime.events import EpochDone, Event, Started
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.models.model_facts import Damaged, settings_of, texts_of
from lenet.runtime.records.recorder import Recorder, read_history
from lenet.runtime.records.run_folder import clear_folder

RUN = "run.json"


class Records:
    """Takes a run's events; `history` has the dicts of its epochs' events, without their kind.

    The folder is only touched when the training starts: what might have kept a run from starting
    must not cost an old one. Where a lost training goes on from a checkpoint, what was recorded
    behind that is dropped. `about` is what `read_about` gives to who goes on with the run.
    `failure` is why the folder cannot be written any more, until a `flush` finds that it can;
    `held` says whether it is still this run's.
    """

    def __init__(
        self, folder: Path | None, graph: Graph, about: Mapping[str, Any], resume: bool,
        held: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.held = held
        self.failure: LenetError | None = None
        self.folder, self.graph, self.about, self.resume = folder, graph, about, resume
        self.recorder: Recorder | None = None
        self.history: list[dict[str, Any]] = []
        if folder is not None:
            # At the first event, the import would delay the first epochs.
            import lenet.runtime.records.tensorboard  # noqa: F401

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(LenetError):  # it is in `failure`
            self.flush()

    def take(self, event: Event) -> None:
        if isinstance(event, Started):
            self._start(event.iteration)
        if isinstance(event, EpochDone):
            self.history.append(dict(vars(event)))
        if self.recorder is not None:
            try:
                self.recorder(event)
            except LenetError as error:
                self.failure = error

    def flush(self) -> None:
        """Write all that has come so far; LenetError where that is impossible."""
        try:
            if self.recorder is not None:
                self.recorder.flush()
            self.failure = None
        except LenetError as error:
            self.failure = error
            raise

    def about_text(self) -> bytes:
        """What run.json says."""
        return clean_json(self.about, indent=1).encode()

    def _start(self, iteration: int) -> None:
        if self.recorder is None and self.folder is not None and self.resume:
            self.history = epochs_of(self.folder)
        self.history = [e for e in self.history if e["iteration"] <= iteration]
        if self.recorder is None:
            self._open(iteration)
            return
        try:  # a stage that was started again, perhaps while the folder cannot be written
            self.recorder.flush()
            if self.held():
                self._open(iteration)
        except LenetError as error:
            self.failure = error
        except OSError as error:
            title = f"cannot write the run's records into {self.folder}"
            self.failure = LenetError(title, error.strerror or str(error))

    def _open(self, iteration: int) -> None:
        """Begin, or go on from an iteration."""
        if self.folder is None:
            return
        if iteration == 0:
            clear_folder(self.folder)
        assert self.graph.train is not None
        given = self.graph.train, iteration, self.held, self.graph
        self.recorder = Recorder(self.folder, *given)
        write_atomically(self.folder / RUN, self.about_text())


def epochs_of(folder: Path) -> list[dict[str, Any]]:
    """The epochs of the run in a folder, as its history tells them."""
    events = read_history(folder / "history.jsonl")
    return [{k: v for k, v in e.items() if k != "event"} for e in events if e["event"] == "epoch"]


def read_about(folder: Path, name: str = RUN) -> dict[str, Any]:
    """What `run.json`, or the file of this name, says of the run in a folder, with `settings` as
    numbers; `earlier` are such dicts of how it was told to train before, where it has gone on with
    other settings. LenetError where there is none."""
    path = folder / name
    try:
        about = json.loads(read_file(path).decode())
        found = _checked(about)
        earlier = found.get("earlier", [])
        if not isinstance(earlier, list):
            raise Damaged("What it was told before is no list.")
        found["earlier"] = [_checked(known) for known in earlier]
        return found
    except FileNotFoundError:
        fix = "name the folder of a run, such as runs/lenet5-20260101-120000"
        raise LenetError(f"there is no run in {folder}", f"It has no {path.name}.", fix) from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except Damaged as damaged:
        raise LenetError(f"{path} is damaged", str(damaged)) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LenetError(f"{path} is damaged", "It is not what a run has written.") from None


def _checked(about: Any) -> dict[str, Any]:
    """What a run was told, with its settings as numbers; Damaged, KeyError or TypeError where no
    run has written it."""
    if not isinstance(about, dict):
        raise Damaged("It is not what a run has written.")
    others = about.get("engine", "spark"), about.get("data") or ""
    if not all(isinstance(text, str) for text in (about["spec"], about["source"], *others)):
        raise Damaged("It lacks the spec.")
    for name, least, words in (("epochs", 1, "epochs are"), ("seed", 0, "seed is")):
        value = about.get(name)
        if value is not None and (type(value) is not int or value < least):
            raise Damaged(f"Its {words} no number.")
    imports, settings = about.get("imports", {}), about.get("settings", {})
    return {**about, "imports": texts_of(imports, "imports"), "settings": settings_of(settings)}

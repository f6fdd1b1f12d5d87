"""What a search keeps, so that it can go on after it was killed: its file, and all that came of its
trials; the sampler is asked and told again from there."""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.messages.clean import clean_json
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.models.model_facts import Damaged, texts_of
from lenet.runtime.search.record import Record

NAME = "search.json"
_FORMAT = "lenet-search-1"


class Journal:
    """In a `folder`, or nowhere. It is written as a whole each time: a search that is killed at any
    moment has all trials that were done."""

    def __init__(self, folder: Path | None, about: Mapping[str, Any]) -> None:
        self.folder, self.about = folder, dict(about)
        self.records: dict[int, Record] = {}
        self.seconds = 0.0
        self._lock = Lock()

    @property
    def began(self) -> bool:
        """Whether it has been written."""
        return self.folder is not None and (self.folder / NAME).exists()

    def take(self, record: Record) -> None:
        """Keep what came of a trial; LenetError where it cannot be written."""
        with self._lock:
            self.records[record.number] = record
            self._write()

    def note(self, **about: Any) -> None:
        """Keep facts about the search."""
        with self._lock:
            self.about |= about
            self._write()

    def spend(self, seconds: float) -> None:
        """Keep how long it took so far."""
        with self._lock:
            self.seconds = seconds
            self._write()

    def _write(self) -> None:
        if self.folder is None:
            return
        trials = [self.records[number].as_dict() for number in sorted(self.records)]
        content = {"format": _FORMAT, **self.about, "seconds": self.seconds, "trials": trials}
        write_atomically(self.folder / NAME, clean_json(content, indent=1).encode())


def read_journal(folder: Path) -> Journal:
    """That of the search in a folder, whose `about` has its spec, source and imports; LenetError
    without one."""
    path = folder / NAME
    try:
        said = json.loads(read_file(path).decode())
        if said.pop("format") != _FORMAT:
            raise Damaged("It is of another version.")
        records = [Record.of(trial) for trial in said.pop("trials")]
        seconds = float(said.pop("seconds"))
        if not all(isinstance(said[key], str) for key in ("spec", "source")):
            raise Damaged("It lacks the spec.")
        said["imports"] = texts_of(said["imports"], "imports")
    except FileNotFoundError:
        fix = "name the folder of a search, such as runs/lenet5-search-20260101-120000"
        raise LenetError(f"there is no search in {folder}", f"It has no {NAME}.", fix) from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except Damaged as damaged:
        raise LenetError(f"{path} is damaged", str(damaged)) from None
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        raise LenetError(f"{path} is damaged", "It is not what a search has written.") from None
    journal = Journal(folder, said)
    journal.records, journal.seconds = {r.number: r for r in records}, seconds
    return journal

"""Writes report.html: at the end of a run, beside its model card, for runs that are over, or for a
model."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.events import DataCounted, Event, SparkStarted, Warned
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.records.run_folder import CARD, FOLDS, REPORT, folds_in

if TYPE_CHECKING:
    from lenet.reported import Reported
    from lenet.runtime.models.model import Model
    from lenet.runtime.search.record import Found

T = TypeVar("T")
Warn = Callable[[str], None]
PICTURE = "search.svg"
_ELSEWHERE = "executors have read the images, and this process has none of them"


class Closing:
    """Takes a run's events, and writes at its end what there is to say of it: report.html and
    model-card.md. What cannot be written is one line of warning, whatever the reason: the training
    is done, and its model is there. What that needs is loaded as soon as Spark has started, and
    trains elsewhere, where `spec` and `data` tell of what there will be a report."""

    def __init__(self, warn: Warn, spec: Graph | None = None, data: object = None) -> None:
        self.warn, self.spec, self.data = warn, spec, data
        self.counted: DataCounted | None = None
        self.warnings: list[Warned] = []

    def take(self, event: Event) -> None:
        """What the card tells of."""
        if isinstance(event, DataCounted):
            self.counted = event
        elif isinstance(event, Warned):
            self.warnings.append(event)
        elif isinstance(event, SparkStarted) and self.spec is not None:
            Thread(target=_load, args=(self.spec, self.data), daemon=True).start()

    def write(self, model: "Model", folder: Path | None, data: object, report: bool) -> Path | None:
        """Into the run's folder; where the report is, if there is one. `data` is what the run was
        trained with, and looked at for a report where it is in this process."""
        if folder is None:
            return None
        looked_at = data if report else None
        found = self._tried("report of the run", lambda: _reported(model, folder, looked_at))
        if found is None:
            return None
        self._tried("model card", lambda: self._write_card(found, folder))
        return (
            self._tried("report of the run", lambda: _write_page(found, folder)) if report else None
        )

    def _write_card(self, reported: "Reported", folder: Path) -> None:
        from lenet.pages.card import Carded, card_text

        text = card_text(Carded(reported, self.counted, tuple(self.warnings)))
        write_atomically(folder / CARD, text.encode())

    def _tried(self, what: str, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except LenetError as error:
            self.warn(f"there is no {what}: {_one_line(error)}")
        except Exception as error:  # our mistake, which must not cost the run
            self.warn(f"there is no {what}: {type(error).__name__}: {error}")
        return None


def _load(spec: Graph, data: object) -> None:
    """What a report needs."""
    with suppress(Exception):  # the report itself tells of it
        import lenet.pages.card
        import lenet.pages.report
        import lenet.reported  # noqa: F401
        from lenet.runtime.training.kept import load_kept_to_predict

        if isinstance(data, Dataset):
            load_kept_to_predict(spec, str(data.train.pixels.dtype))


def _reported(model: "Model", folder: Path, data: object) -> "Reported":
    from lenet.reported import BRIEF, reported_of

    dataset = data if isinstance(data, Dataset) else None
    return reported_of(model, dataset, BRIEF, "" if dataset is not None else _ELSEWHERE, folder)


def _write_page(reported: "Reported", folder: Path) -> Path:
    from lenet.pages.report import report_page

    path = folder / REPORT
    write_atomically(path, report_page(reported).encode())
    return path


def report_of_runs(folders: Sequence[Path], data: Path | None, warn: Warn) -> str:
    """The page of one run, with all its held-out images, or of several side by side. LenetError
    where one is no run, or has no model yet."""
    from lenet.pages.report import compared_page, report_page
    from lenet.runtime.search.journal import NAME

    for folder in folders:
        if (folder / NAME).exists():
            fix = f"write it again: lenet search --resume {shlex.quote(str(folder))}"
            raise LenetError(f"{folder} is the folder of a search, which has its report", "", fix)
    if len(folders) == 1 and (folders[0] / FOLDS).exists():
        return _folds(folders[0])
    if len(folders) == 1:
        return report_page(_run(folders[0], data, warn))
    return compared_page([_run(folder, None, None) for folder in folders])


def report_of_folds(folder: Path, warn: Warn) -> Path | None:
    """The page of a cross-validation, its trainings side by side, in its folder; None, and one line
    of warning, where it cannot be written."""
    try:
        path = folder / REPORT
        write_atomically(path, _folds(folder).encode())
        return path
    except LenetError as error:
        warn(f"there is no report of the folds: {_one_line(error)}")
    except Exception as error:  # our mistake, which must not cost the trainings
        warn(f"there is no report of the folds: {type(error).__name__}: {error}")
    return None


def report_of_search(found: "Found", folder: Path, about: Mapping[str, object], warn: Warn) -> None:
    """The picture and the page of a search, in its folder; one line of warning where the page
    cannot be written."""
    from lenet.pages.report import searched_page
    from lenet.pages.search import search_svg

    write_atomically(folder / PICTURE, f"{search_svg(found, folder.name)}\n".encode())
    try:
        write_atomically(folder / REPORT, searched_page(found, folder.name, about).encode())
    except Exception as error:  # our mistake, which must not cost the search
        warn(f"there is no report of the search: {type(error).__name__}: {error}")


def report_of_model(model: "Model", dataset: Dataset, path: Path) -> str:
    """The page of a model with some images to validate with; and with the records of its run,
    where it lies in a run's folder."""
    from lenet.pages.report import report_page
    from lenet.reported import WHOLE, reported_of

    folder = path.parent if (path.parent / "run.json").exists() else None
    return report_page(reported_of(model, dataset, WHOLE, "", folder))


def _run(folder: Path, data: Path | None, warn: Warn | None) -> "Reported":
    """A run with its images, or without them where there is nobody to `warn`."""
    from lenet.reported import WHOLE, reported_of
    from lenet.runtime.models.model import Model
    from lenet.runtime.records.records import read_about
    from lenet.runtime.resolve import evaluation_images

    about = read_about(folder)
    file = folder / "model.safetensors"
    if not file.exists():
        fix = f"go on with it: lenet train --resume {folder}"
        raise LenetError(f"the run in {folder} has no model yet", "It is not over.", fix)
    model = Model.open(file)
    dataset, lacks = None, ""
    if warn is not None:
        try:
            if about.get("given"):
                raise LenetError("a program gave the images of the run")
            where = data or data_of(about, model)
            dataset = evaluation_images(model.graph, where, model.classes, model.features)
        except LenetError as error:
            lacks = _one_line(error)
            warn(f"the report lacks the held-out images: {lacks}")
    return reported_of(model, dataset, WHOLE, lacks, folder)


def _folds(folder: Path) -> str:
    """A cross-validation, as far as it has come."""
    from lenet.pages.report import folded_page
    from lenet.runtime.records.records import read_about

    return folded_page([_run(own, None, None) for own in folds_in(folder)], folder.name,
                       read_about(folder, FOLDS))  # fmt: skip


def data_of(about: "dict[str, object]", model: "Model") -> Path | None:
    """The folder with a run's data: what it was told, or what its file names, which is relative to
    that."""
    if about.get("data"):
        return Path(str(about["data"]))
    section = model.graph.data
    if section is None or not section.path or "://" in section.path:
        return None
    return Path(str(about["spec"])).parent / section.path


def _one_line(error: LenetError) -> str:
    return ": ".join(part.rstrip(".") for part in (error.title, error.detail) if part)

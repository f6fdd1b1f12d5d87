"""The folder of a run: never overwritten by accident, nor written by two runs at once."""

import errno
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.runtime.records.run_lock import Lock

REPORT = "report.html"
FOLDS = "folds.json"  # of a cross-validation, whose trainings are runs in the folders below
WHOLE = "all-rows"  # the folder of the last one
RUNS = ("run.json", FOLDS)
_OURS = (
    "model.safetensors", "best.safetensors", "history.jsonl", "tensorboard", "checkpoints",
    *RUNS, REPORT,
)  # fmt: skip


def fold_folder(folder: Path, number: int) -> Path:
    """That of the training that a fold, from 1, is held out of; 0 is that of all rows."""
    return folder / (f"fold-{number}" if number else WHOLE)


def folds_in(folder: Path) -> list[Path]:
    """Those of the folds of a cross-validation that have a model, in their order."""
    found: list[Path] = []
    while (own := fold_folder(folder, len(found) + 1)).joinpath("model.safetensors").exists():
        found.append(own)
    return found


def new_folder(name: str) -> tuple[Path, str]:
    """A folder of its own for a run without one, runs/NAME-DATE-TIME, and why it lies elsewhere.

    Another run may begin in the same second, so it is made exclusively. Where nothing can be
    written here, it is made among the temporary files.
    """
    stamp = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        return _made_in(Path("runs"), stamp), ""
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            reason = error.strerror or str(error)
            raise LenetError("cannot make a folder for the run in runs", reason) from None
        place = Path(tempfile.mkdtemp(prefix="lenet-runs-"))
        reason = (error.strerror or str(error)).lower()
        return _made_in(place, stamp), f"runs cannot be written here ({reason})"


def _made_in(place: Path, stamp: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = place / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            number += 1


@contextmanager
def claimed(folder: Path | None) -> Iterator[Lock | None]:
    """Keep others out of a run's folder while it is written; LenetError where a run is.

    One that was made for a run that has not begun is removed again.
    """
    if folder is None:
        yield None
        return
    if folder.exists() and not folder.is_dir():
        raise _no_folder(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder)
    except OSError as error:
        title = f"cannot write the run's records into {folder}"
        raise LenetError(title, error.strerror or str(error)) from None
    try:
        yield lock
    finally:
        lock.release()
        if made:
            with suppress(OSError):  # there is a run in it now
                folder.rmdir()


def _no_folder(path: Path) -> LenetError:
    title = f"{path} is a file, not a folder"
    return LenetError(title, "", "name another folder with -o", "name another folder with output=")


def check_folder(folder: Path, overwrite: bool) -> None:
    """LenetError where a run lies in the folder already and must not be overwritten."""
    if folder.exists() and not folder.is_dir():
        raise _no_folder(folder)
    there = [name for name in _OURS if (folder / name).exists()]
    if there and not overwrite:
        again = f"go on with it: lenet train --resume {shlex.quote(str(folder))}; "
        raise LenetError(
            f"there is a run in {folder} already",
            f"It would lose {', '.join(there)}.",
            (again if set(RUNS) & set(there) else "")
            + "name another folder with -o, or overwrite it with --force",
            ("go on with it with resume=True; " if set(RUNS) & set(there) else "")
            + "name another folder with output=, or overwrite it with overwrite=True",
        )


def check_goes_on(folder: Path | None, folded: bool) -> None:
    """LenetError where what is to go on is a cross-validation, and the run in the folder is none,
    or the other way round."""
    if folder is None or not any((folder / name).exists() for name in RUNS):
        return
    if (folder / FOLDS).exists() and not folded:
        title = f"the run in {folder} is a cross-validation"
        fix = f"go on with one of its trainings, such as {fold_folder(folder, 1)}, or write `folds`"
        raise LenetError(title, "The file that it is to go on with has no line `folds`.", fix)
    if folded and not (folder / FOLDS).exists():
        title = f"the run in {folder} is no cross-validation"
        fix = "leave the line `folds` out, or name another folder for a new run"
        raise LenetError(title, "The file that it is to go on with has a line `folds`.", fix)


def clear_folder(folder: Path, but: Path | None = None) -> None:
    """Remove the run in the folder, but for its checkpoints, and the trainings of a
    cross-validation, `but` for one that has begun anew; what else lies there stays."""
    if (folder / FOLDS).exists():
        for path in {*folder.glob("fold-*"), folder / WHOLE} - {but}:
            shutil.rmtree(path, ignore_errors=True)
    for name in _OURS:
        if name == "checkpoints":
            continue
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()

"""The folder of a run: never overwritten by accident."""

import shutil
from pathlib import Path

from dsl.errors import LenetError

_OURS = ("model.safetensors", "history.jsonl", "tensorboard", "checkpoints", "run.json")


def check_folder(folder: Path, overwrite: bool) -> None:
    """LenetError where a run lies in the folder already and must not be overwritten."""
    if folder.exists() and not folder.is_dir():
        raise LenetError(
            f"{folder} is a file, not a folder",
            "",
            "name another folder with -o",
            "name another folder with output=",
        )
    there = [name for name in _OURS if (folder / name).exists()]
    if there and not overwrite:
        raise LenetError(
            f"there is a run in {folder} already",
            f"It would lose {', '.join(there)}.",
            "name another folder with -o, or overwrite it with --force",
            "name another folder with output=, or overwrite it with overwrite=True",
        )


def clear_folder(folder: Path) -> None:
    """Remove the run in the folder, but for its checkpoints; what else lies there stays."""
    for name in _OURS:
        if name == "checkpoints":
            continue
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()

"""Which files of a folder are pictures."""

import os
from pathlib import Path

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")  # what systems put beside pictures


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is none of the user's pictures: `._x.png`,
    `.ipynb_checkpoints`, `__MACOSX`."""
    return name.startswith(".") or name in _HIDDEN


def pictures_below(folder: Path) -> list[Path]:
    """The pictures of a folder and of those in it, but for hidden ones, sorted by their paths."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(name)]
        found += [
            Path(place, name)
            for name in names
            if not is_hidden(name) and name.lower().endswith(ENDINGS)
        ]
    return sorted(found)

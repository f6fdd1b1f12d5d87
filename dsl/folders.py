"""Where things that can be made again are kept."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """`$LENET_CACHE`, or the folder `lenet` in the user's cache folder."""
    chosen = os.environ.get("LENET_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lenet"

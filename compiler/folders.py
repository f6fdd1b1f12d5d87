"""Where things that can be made again are kept."""

import os
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """`$LENET_CACHE`, or the folder `lenet` in the user's cache folder."""
    chosen = os.environ.get("LENET_CACHE")
    if chosen:
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lenet"
    except RuntimeError:  # a user without a home, as on some clusters
        return Path(tempfile.gettempdir()) / "lenet"

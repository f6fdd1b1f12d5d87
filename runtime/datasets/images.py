"""images: pictures in a folder for each class."""

from typing import Any

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.data.formats.pictures import load_pictures
from lenet.runtime.datasets import Wanted


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    return load_pictures(wanted.path, wanted.shape, wanted.section, wanted.streaming)


def read(session: Any, wanted: Wanted, seed: int) -> Any:
    """See the package."""
    from lenet.runtime.spark import frames

    shape, section = wanted.shape or (), wanted.section
    return frames.read_pictures(session, wanted.argument, shape, section, seed, wanted.streaming)

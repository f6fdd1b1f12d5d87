"""masks: pictures, and for each a picture of the answers at its places."""

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.data.formats.masks import load_masks
from lenet.runtime.datasets import Wanted


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    return load_masks(wanted.path, wanted.shape, wanted.section, wanted.target)

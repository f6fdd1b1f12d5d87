"""idx: files in the format of MNIST, in a folder."""

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.data.formats.idx import load_idx
from lenet.runtime.datasets import Wanted


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    return load_idx(wanted.path)

"""Images and labels, and whatever they are read from."""

from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.formats.idx import is_idx, read_idx

__all__ = ["DataError", "Dataset", "Images", "is_idx", "read_idx"]

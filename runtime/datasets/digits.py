"""The 1,797 small handwritten digits that come with scikit-learn: no download needed."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from lenet.dsl.datasets import DATASETS
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.datasets import Wanted

TEST_COUNT = 360
SPLIT_SEED = 0


def load(wanted: Wanted) -> Dataset:
    """1,437 training and 360 test images of 1x8x8 pixels with values 0..16.

    The split is always the same. Raises DataError where scikit-learn is missing.
    """
    if wanted.folder is not None:
        detail = f"They come with scikit-learn; nothing would be read from {wanted.folder}."
        raise DataError(
            "The digits need no folder.", detail, "Leave --data out.", "Leave the folder out."
        )
    rows = _rows()
    pixels = np.ascontiguousarray(rows[:, :64].reshape(-1, 1, 8, 8), dtype=np.uint8)
    images = Images(pixels, rows[:, 64].astype(np.int32))
    whole = Dataset("digits", images, None, tuple("0123456789"), 1 / DATASETS["digits"].white)
    return whole.hold_out(TEST_COUNT, SPLIT_SEED)


def _rows() -> np.ndarray[Any, Any]:
    """64 pixels and a class in each row, from scikit-learn's file: to import scikit-learn takes
    longer than to train."""
    found = find_spec("sklearn")
    if found is None or found.submodule_search_locations is None:
        raise DataError(
            'The dataset "digits" comes with scikit-learn, which cannot be imported.',
            "There is no module of its name.",
            "Install it: pip install scikit-learn",
        )
    file = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    if file.exists():
        return np.loadtxt(file, dtype=np.int32, delimiter=",")
    from sklearn import datasets  # type: ignore[import-untyped]  # one that keeps them elsewhere

    digits = datasets.load_digits()
    return np.column_stack([digits.data, digits.target])

"""The 1,797 small handwritten digits that come with scikit-learn: no download needed."""

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
    try:
        # Here, because it takes a second to import.
        from sklearn import datasets  # type: ignore[import-untyped]
    except ImportError as error:
        raise DataError(
            'The dataset "digits" comes with scikit-learn, which cannot be imported.',
            str(error),
            "Install it: pip install scikit-learn",
        ) from error
    digits = datasets.load_digits()
    pixels = np.ascontiguousarray(digits.images, dtype=np.uint8)[:, None]
    images = Images(pixels, digits.target.astype(np.int32))
    whole = Dataset("digits", images, None, tuple("0123456789"), 1 / DATASETS["digits"].white)
    return whole.hold_out(TEST_COUNT, SPLIT_SEED)

"""The 1,797 small handwritten digits that come with scikit-learn: no download needed."""

import numpy as np

from lenet.runtime.data.dataset import DataError, Dataset, Images

TEST_COUNT = 360
SPLIT_SEED = 0


def load_digits() -> Dataset:
    """1,437 training and 360 test images of 1x8x8 pixels with values 0..16.

    The split is always the same. Raises DataError where scikit-learn is missing.
    """
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
    whole = Dataset("digits", images, None, tuple("0123456789"), 1 / 16)
    return whole.hold_out(TEST_COUNT, SPLIT_SEED)

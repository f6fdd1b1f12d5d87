"""The images of a slice as the kernels take them: augmented, where the file says so."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.sections.augment import Augment
from lenet.runtime.augmentations import augmented
from lenet.runtime.data.dataset import Images
from lenet.runtime.machine.arrays import frozen
from lenet.runtime.training.arguments import problem_of

Slice = tuple[
    NDArray[np.generic], NDArray[np.generic], NDArray[np.int64], NDArray[np.float32],
    NDArray[np.float32], np.uint64,
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Normalization:
    """A channel's byte b stands for b * scale + shift: both finite float32, one for each channel;
    LenetError where they are not."""

    scale: NDArray[np.float32]
    shift: NDArray[np.float32]

    def __post_init__(self) -> None:
        for name, values in vars(self).items():
            if problem := problem_of(values, self.scale.size):
                raise LenetError("this cannot normalize", f"The {name} is {problem}.")


class Batches:
    """The images of a slice as the training functions take them: pixels, labels, rows, scale,
    shift and key."""

    def __init__(
        self, images: Images, normalization: Normalization, augment: Augment | None
    ) -> None:
        self.images = images
        self.normalization = normalization
        self.augment = augment
        self.pixels = frozen(images.pixels.reshape(len(images), -1))
        self.labels = frozen(images.labels)

    def of(self, rows: NDArray[np.int64], key: np.uint64) -> Slice:
        """For images `rows`; from `key` all that is random follows, image by image."""
        scale, shift = self.normalization.scale, self.normalization.shift
        if self.augment is None:
            return self.pixels, self.labels, rows, scale, shift, key
        changed = augmented(self.images.pixels, rows, self.augment, key)
        pixels = frozen(changed.reshape(len(rows), math.prod(changed.shape[1:])))
        # Images have new numbers now, the same in each batch: it takes another key to drop out
        # other values.
        own = np.uint64((int(key) + (int(rows[0]) + 1 if len(rows) else 0)) % 2**64)
        return (
            pixels,
            frozen(self.labels[rows]),
            np.arange(len(rows), dtype=np.int64),
            scale,
            shift,
            own,
        )

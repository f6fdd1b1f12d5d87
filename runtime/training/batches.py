"""The images of a slice as the kernels take them: augmented, where the file says so."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.program import Program
from lenet.compiler.simd.splitmix import STEP
from lenet.dsl.sections.augment import Augment
from lenet.dsl.vocabulary import carried_out
from lenet.runtime.augmentations import augmented, moved
from lenet.runtime.augmentations.mixtures import Mixture, mix
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.encoded import Windows
from lenet.runtime.data.seen import Seen
from lenet.runtime.machine.arrays import frozen
from lenet.runtime.training.arguments import check_images
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.teacher import Teacher
from lenet.runtime.unit import Unit

Slice = tuple[NDArray[np.generic], ...]


def keys_of(key: np.uint64, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A key for each image, from which what is random within the net follows."""
    return key + rows.astype(np.uint64) * STEP


@dataclass(frozen=True)
class Importance:
    """How much an image counts in the loss: its own weight, if it has one, times `factor`, times
    that of its class, if they have any."""

    factor: float = 1.0
    classes: tuple[float, ...] = ()

    def of(self, images: Images) -> NDArray[np.float32]:
        """(count,)"""
        found = np.full(len(images), self.factor)
        if images.weights is not None:
            found *= images.weights
        if self.classes:
            found *= np.array(self.classes)[images.labels]
        return found.astype(np.float32)


class Batches:
    """The images of a slice as the training functions take them: pixels, labels (or what else
    they are to be answered with), perhaps their importance, or of mixed images the other labels and
    the shares of both, perhaps what a teacher says, rows, scale, shift and keys."""

    def __init__(
        self, images: Images, normalization: Normalization, augment: Augment | None,
        importance: Importance | None = None, unit: Unit | None = None, seen: Seen | None = None,
        teacher: Teacher | None = None,
    ) -> None:  # fmt: skip
        self.images = images
        self.teacher = teacher
        self.seen = seen
        self.normalization = normalization
        self.augment = augment
        self.cut = None  # the line whose windows are cut from pictures that are not yet decoded
        self.flat: NDArray[Any] | None = None
        if isinstance(images.pixels, np.ndarray):
            self.flat = frozen(images.pixels.reshape(len(images), -1))
        elif augment is not None and images.pixels.form.pictures.resize is not None:
            self.cut = augment.windows if unit is None or not unit.places else None
        labels = images.labels if unit is None else unit.wanted(images.labels)
        self.arrays = [frozen(labels)]  # beside the pixels
        # Answers that move with the places of an image that they belong to.
        moves = augment is not None and augment.moves
        self.places = unit.places if unit is not None and moves and unit.places else None
        self.outside = -1.0 if unit is not None and unit.classes else 0.0  # none, or no
        if importance is not None:
            self.arrays.append(frozen(importance.of(images)))

    @property
    def stays(self) -> bool:
        """Whether an image is the same whenever it is trained with."""
        return self.augment is None and self.flat is not None

    def learn(self) -> None:
        """What the teacher says of images that stay the same, before the training."""
        if self.teacher is not None and self.stays:
            assert self.flat is not None
            self.arrays.append(frozen(self.teacher.answers(self.flat)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width of an image as the functions take it."""
        channels, *size = self.images.pixels.shape[1:]
        return channels, *(self.augment is not None and self.augment.size or size)

    def check(self, program: Program) -> None:
        """LenetError where the images do not fit the net."""
        flat, pixels = self.flat, self.images.pixels
        if flat is None:
            flat = np.empty((0, math.prod(pixels.shape[1:])), pixels.dtype)
        check_images(program, flat, self.normalization.scale.size)

    def of(
        self, rows: NDArray[np.int64], key: np.uint64, known: NDArray[np.uint64] | None = None
    ) -> Slice:
        """For images `rows`, which are all that the slice has in a batch where images are mixed;
        from `key` all that is random follows, image by image. Images that stay the same need their
        keys only, which may be `known`."""
        scale, shift = self.normalization.scale, self.normalization.shift
        if self.seen is not None:
            return self._drawn(self.seen, rows, key)
        if self.stays:
            assert self.flat is not None
            keys = keys_of(key, rows) if known is None else known
            return self.flat, *self.arrays, rows, scale, shift, keys
        made, places = self.changed(rows, key), np.arange(len(rows), dtype=np.int64)
        arrays = [array[rows] for array in self.arrays]
        keys = keys_of(key, rows)
        if self.augment is not None:
            if self.places is not None:
                arrays[0] = self._moved(rows, key)
            if self.augment.mixes:
                arrays = _answers_of(mix(made, rows, self.augment, key), *arrays)
            # Values are dropped out by other keys than those that images are changed by.
            own = np.uint64((int(key) + (int(rows[0]) + 1 if len(rows) else 0)) % 2**64)
            keys = keys_of(own, places)
        pixels = frozen(made.reshape(len(rows), math.prod(made.shape[1:])))
        if self.teacher is not None:  # it sees what the net sees
            arrays.append(self.teacher.answers(pixels))
        return pixels, *map(frozen, arrays), places, scale, shift, keys

    def _drawn(self, seen: Seen, rows: NDArray[np.int64], key: np.uint64) -> Slice:
        """Pairs, of which the noes get an item by chance that the user has not seen."""
        assert self.flat is not None
        pairs, arrays = self.flat[rows], [array[rows] for array in self.arrays]
        keys = keys_of(key, rows)
        noes = arrays[0][:, 0] == 0
        users = pairs[noes, 0].astype(np.int64)
        pairs[noes, 1] = seen.unseen(users, keys[noes])
        places = np.arange(len(rows), dtype=np.int64)
        scale, shift = self.normalization.scale, self.normalization.shift
        return frozen(pairs), *map(frozen, arrays), places, scale, shift, keys

    def changed(self, rows: NDArray[np.int64], key: np.uint64) -> NDArray[Any]:
        """Copies of the images `rows`, (count, channels, height, width), decoded where they are
        not, and augmented, but not yet mixed."""
        pixels, augment, white = self.images.pixels, self.augment, self.normalization.white
        if isinstance(pixels, np.ndarray):
            assert augment is not None
            return augmented(pixels, rows, augment, key, white)
        decoded = pixels.decoded(rows, None if self.cut is None else self._windows(key))
        if augment is not None and self.cut is not None:
            augment = augment.without(self.cut)
        if augment is None or not augment.uses:
            return decoded
        return augmented(decoded, rows, augment, key, white, np.arange(len(rows), dtype=np.int64))

    def _windows(self, key: np.uint64) -> Windows:
        use = self.cut
        assert use is not None
        module = carried_out("lenet.runtime.augmentations", use.name)
        return lambda row: module.window(use, key, row)

    def _moved(self, rows: NDArray[np.int64], key: np.uint64) -> NDArray[Any]:
        assert self.places is not None and self.augment is not None
        values = self.arrays[0].astype(np.float32, copy=False).reshape(-1, *self.places)
        shape = self.images.pixels.shape[1:]
        found = moved(values, rows, self.augment, key, shape, self.outside)
        return found.reshape(len(rows), -1)

    def images_of(self, rows: NDArray[np.int64], key: np.uint64) -> NDArray[np.generic]:
        """(count, values of an image): what the functions get for these rows."""
        pixels, *_, own, _, _, _ = self.of(rows, key)
        found: NDArray[np.generic] = pixels[own]
        return found


def _answers_of(
    mixture: Mixture, labels: NDArray[Any], importance: NDArray[Any] | None = None
) -> list[NDArray[Any]]:
    """What the training functions get for mixed images: the labels that have the larger shares, the
    other ones, and both shares, (count, 2), times the importance of the image that each is from.
    Answers that are no classes are mixed themselves, and so is the importance then.
    """
    partners, share = mixture.partners, mixture.shares
    shares = np.stack([share, np.float32(1) - share], axis=1)
    if labels.ndim == 2:
        wide = [labels] if importance is None else [labels, importance[:, None]]
        mixed = [shares[:, :1] * own + shares[:, 1:] * own[partners] for own in wide]
        return [mixed[0], *(array[:, 0].copy() for array in mixed[1:])]
    both = np.stack([labels, labels[partners]], axis=1)
    if importance is not None:
        shares *= np.stack([importance, importance[partners]], axis=1)
    less = share < 0.5
    both[less], shares[less] = both[less, ::-1], shares[less, ::-1]
    return [both[:, 0].copy(), both[:, 1].copy(), shares]

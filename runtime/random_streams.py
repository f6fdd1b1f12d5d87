"""All that is random in a training, by streams that do not touch each other.

A stream is raw PCG64 numbers, which numpy keeps the same over its versions, unlike permutations. It
is told from others by the numbers behind the seed: a tensor's by the checksum of its name, an
order's by the epoch and the slice, the images' of an epoch and slice by a 1 behind these.
"""

import zlib

import numpy as np

_IMAGES = 1


def of_tensor(seed: int, name: str) -> np.random.PCG64:
    """For the initial values of a tensor."""
    return _stream(seed, zlib.crc32(name.encode()))


def of_order(seed: int, epoch: int, slice_number: int) -> np.random.PCG64:
    """For the order of a slice's images in an epoch."""
    return _stream(seed, epoch, slice_number)


def of_held_out(seed: int) -> np.random.PCG64:
    """For the images that are held out to validate with."""
    return np.random.PCG64(seed)


def image_key(seed: int, epoch: int, slice_number: int) -> np.uint64:
    """From which all that is random about a slice's images in an epoch follows, but their order:
    augmentation and dropout hash it with the image's place."""
    sequence = np.random.SeedSequence([seed, epoch, slice_number, _IMAGES])
    return np.uint64(sequence.generate_state(1, np.uint64)[0])


def _stream(*numbers: int) -> np.random.PCG64:
    return np.random.PCG64(np.random.SeedSequence(numbers))

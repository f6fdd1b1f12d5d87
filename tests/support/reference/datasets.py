"""Small folders of datasets as their authors lay them out, written byte by byte.

Each writes the files of a dataset into a folder and returns what they hold: training images and
labels, test images and labels.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

Held = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Writer = Callable[[Path], Held]
RNG = np.random.default_rng(3)


def _records(path: Path, count: int, classes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Records of label bytes, each below its number of classes, and of 32x32 pixels, red, green and
    blue; the images, and the last label of each."""
    images = RNG.integers(0, 256, (count, 3, 32, 32), np.uint8)
    labels = np.array([RNG.integers(0, most, count) for most in classes], np.uint8)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(bytes(labels[:, k]) + images[k].tobytes() for k in range(count)))
    return images, labels[-1]


def cifar10(folder: Path) -> Held:
    inside = folder / "cifar-10-batches-bin"
    parts = [_records(inside / f"data_batch_{k}.bin", 7, (10,)) for k in (1, 2)]
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    return images, labels, *_records(inside / "test_batch.bin", 5, (10,))


def cifar100(folder: Path) -> Held:
    inside = folder / "cifar-100-binary"
    train = _records(inside / "train.bin", 9, (20, 100))
    return *train, *_records(inside / "test.bin", 4, (20, 100))


# Of those that are read from files of their own; the others' formats have tests of their own.
DATASETS: dict[str, Writer] = {"cifar10": cifar10, "cifar100": cifar100}

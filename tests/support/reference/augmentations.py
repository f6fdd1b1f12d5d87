"""What augmentations may make of images, told from the images before and after.

Each check takes the images (count, channels, height, width), bytes from 1 on, what has become of
each, and the values of the line; it raises where an image could not have become so, or where too
many of them have become the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Check = Callable[..., None]


def is_window(images: np.ndarray, changed: np.ndarray, pad: tuple[int, int]) -> None:
    """Each is a window of its padded image, and they are of many places."""
    padded = np.pad(images, ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    height, width = changed.shape[2:]
    places = [
        (r, c)
        for r in range(padded.shape[2] - height + 1)
        for c in range(padded.shape[3] - width + 1)
    ]
    seen = set()
    for k, image in enumerate(changed):
        fitting = [
            (r, c)
            for r, c in places
            if np.array_equal(padded[k, :, r : r + height, c : c + width], image)
        ]
        assert fitting
        seen.add(fitting[0])
    assert len(seen) > min(len(places), len(images)) / 3


def crop(images: np.ndarray, changed: np.ndarray, crop: Any, pad: Any) -> None:
    assert changed.shape[2:] == crop
    is_window(images, changed, pad)


def shift(images: np.ndarray, changed: np.ndarray, shift: Any) -> None:
    is_window(images, changed, shift)


def flip(images: np.ndarray, changed: np.ndarray, horizontal: bool, vertical: bool) -> None:
    mirrored = images[:, :, :: -1 if vertical else 1, :: -1 if horizontal else 1]
    ways = [images, mirrored]
    if horizontal and vertical:
        ways += [images[:, :, ::-1], images[..., ::-1]]
    became = [(changed == way).all(axis=(1, 2, 3)) for way in ways]
    assert np.any(became, axis=0).all()
    assert all(way.mean() > 0.5 / len(ways) for way in became)


def rotate(images: np.ndarray, changed: np.ndarray, rotate: float) -> None:
    """The middle stays, the corners go."""
    middle = images.shape[2] // 2, images.shape[3] // 2
    assert np.abs(changed[..., *middle].astype(int) - images[..., *middle]).max() <= 1
    moved = (changed != images).any(axis=(1, 2, 3))
    assert moved.mean() > 0.9


def scale(images: np.ndarray, changed: np.ndarray, scale: Any) -> None:
    """The middle stays; what becomes smaller has a border of zeros, no wider than it may be."""
    middle = images.shape[2] // 2, images.shape[3] // 2
    assert np.abs(changed[..., *middle].astype(int) - images[..., *middle]).max() <= 1
    filled = np.count_nonzero(changed[:, 0], axis=(1, 2)) / images[0, 0].size
    assert filled.min() >= scale[0] ** 2 * 0.8
    assert (filled < 1).any() == (scale[0] < 1)


def cutout(images: np.ndarray, changed: np.ndarray, cutout: Any) -> None:
    """All is as it was but for zeros, which are a rectangle, in all channels alike."""
    kept = changed != 0
    np.testing.assert_array_equal(np.where(kept, images, 0), changed)
    whole, areas = 0, set()
    for image in ~kept:
        assert (image == image[0]).all()
        rows, columns = image[0].any(axis=1), image[0].any(axis=0)
        np.testing.assert_array_equal(image[0], np.outer(rows, columns))
        for line, most in zip((rows, columns), cutout, strict=True):
            (places,) = np.nonzero(line)
            assert 0 < len(places) <= most and np.ptp(places) == len(places) - 1
        whole += (rows.sum(), columns.sum()) == cutout
        areas.add(image[0].tobytes())
    assert whole > len(images) / 10 and len(areas) > len(images) / 4


# With values that are tried.
AUGMENTATIONS: dict[str, tuple[Check, list[dict[str, Any]]]] = {
    "crop": (crop, [{"crop": (9, 9), "pad": (2, 3)}, {"crop": (5, 7)}]),
    "cutout": (cutout, [{"cutout": (3, 3)}, {"cutout": (2, 5)}]),
    "flip": (flip, [{"horizontal": True}, {"vertical": True},
                    {"horizontal": True, "vertical": True}]),
    "rotate": (rotate, [{"rotate": 30.0}]),
    "scale": (scale, [{"scale": (0.5, 1.5)}, {"scale": (1.0, 2.0)}]),
    "shift": (shift, [{"shift": (2, 3)}]),
}  # fmt: skip

"""Where augmentations may take the values of images from, told from images that say where they are.

Each check takes, for each place of each result, the row and the column that it came from, (count,
2, height, width), NaN where that is outside, and the values of the line.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Places = np.ndarray


def rulers(height: int, width: int) -> np.ndarray:
    """(3, height, width), float32: the row, the column, and a 1 to tell what is outside."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, np.ones_like(rows)]).astype(np.float32)


def places_of(changed: np.ndarray) -> Places:
    """From what has become of such images."""
    return np.where(changed[:, 2:] > 1 - 1e-6, changed[:, :2], np.nan)


def grid(places: Places) -> np.ndarray:
    """Each place of the result itself: (2, height, width)."""
    return np.mgrid[: places.shape[2], : places.shape[3]].astype(float)


def projection(place: np.ndarray) -> np.ndarray:
    """The matrix, (3, 3), by which all places of one image have moved, by least squares."""
    (r, c), (v, u) = (
        x.reshape(2, -1) for x in (np.mgrid[: place.shape[1], : place.shape[2]], place)
    )
    inside = ~np.isnan(v)
    r, c, v, u = (x[inside].astype(float) for x in (r, c, v, u))
    one, none = np.ones_like(r), np.zeros_like(r)
    equations = np.concatenate(
        [
            np.stack([r, c, one, none, none, none, -v * r, -v * c]),
            np.stack([none, none, none, r, c, one, -u * r, -u * c]),
        ],
        axis=1,
    ).T
    found = np.append(np.linalg.lstsq(equations, np.concatenate([v, u]), rcond=None)[0], 1)
    matrix: np.ndarray = found.reshape(3, 3)
    seen = matrix @ np.stack([r, c, one])
    np.testing.assert_allclose(seen[:2] / seen[2], np.stack([v, u]), atol=0.01)
    return matrix


def spread(values: Any, least: float, most: float) -> None:
    """They are between these, and everywhere there."""
    room = 0.01 * (most - least) + 1e-3
    assert np.min(values) > least - room and np.max(values) < most + room
    assert np.ptp(values) > 0.75 * (most - least)


def shear(places: Places, shear: float, vertical: float) -> None:
    """Columns lean, then rows; the middle stays."""
    height, width = places.shape[2:]
    middle = np.array([(height - 1) / 2, (width - 1) / 2, 1])
    matrices = np.array([projection(place) for place in places])
    np.testing.assert_allclose(matrices @ middle, np.tile(middle, (len(places), 1)), atol=0.01)
    np.testing.assert_allclose(matrices[:, 0, 0], 1, atol=1e-3)
    product = 1 + matrices[:, 0, 1] * matrices[:, 1, 0]
    np.testing.assert_allclose(matrices[:, 1, 1], product, atol=1e-3)
    np.testing.assert_allclose(matrices[:, 2, :2], 0, atol=1e-4)
    spread(np.degrees(np.arctan(matrices[:, 1, 0])), -shear, shear)
    spread(np.degrees(np.arctan(matrices[:, 0, 1])), -vertical, vertical)


def perspective(places: Places, perspective: float) -> None:
    """Each corner has moved inwards, as far as it may, by itself."""
    height, width = places.shape[2:]
    bottom, right = height - 1, width - 1
    corners = np.array([[0, 0, 1], [0, right, 1], [bottom, right, 1], [bottom, 0, 1]])
    moved = np.array([np.linalg.inv(projection(place)) @ corners.T for place in places])
    inwards = np.abs((moved[:, :2] / moved[:, 2:]).transpose(0, 2, 1) - corners[:, :2])
    inwards = inwards.reshape(len(places), 8) / np.tile([bottom, right], 4)
    for way in inwards.T:
        spread(way, 0, perspective / 2)
    assert np.abs(np.corrcoef(inwards.T) - np.eye(8)).max() < 0.5


def crop(places: Places, random: tuple[float, float]) -> None:
    """Windows of whole pixels, whose corners become those of the result."""
    height, width = places.shape[2:]
    assert not np.isnan(places).any()
    corners = places[..., [0, -1], [0, -1]]  # (count, 2, 2): the top left, the bottom right
    np.testing.assert_allclose(corners, np.rint(corners), atol=1e-3)
    for place, (rows, columns) in zip(places, corners, strict=True):
        lines = np.linspace(*rows, height), np.linspace(*columns, width)
        np.testing.assert_allclose(place, np.meshgrid(*lines, indexing="ij"), atol=1e-3)
    tall, wide = (corners[..., 1] - corners[..., 0] + 1).T
    # Sizes are rounded by up to half a pixel.
    spread(tall * wide / (height * width), random[0] * 0.93, min(1, random[1] * 1.07))
    assert ((wide + 0.6) / (tall - 0.6) > 3 / 4).all() and (
        (wide - 0.6) / (tall + 0.6) < 4 / 3
    ).all()
    spread(corners[:, 0, 0] / np.maximum(1, height - tall), 0, 1)
    spread(corners[:, 1, 0] / np.maximum(1, width - wide), 0, 1)


def elastic(places: Places, alpha: float, sigma: float) -> None:
    """A smooth field: uniform numbers of variance 1/3 that a Gaussian has mixed."""
    moved = places - grid(places)
    inner = moved[:, :, 10:-10, 10:-10]
    assert not np.isnan(inner).any()
    deviation = alpha * np.sqrt(1 / 3 / (4 * np.pi * sigma**2))
    assert abs(inner.std() / deviation - 1) < 0.1 and abs(inner.mean() / deviation) < 0.15
    for away in (1, 2, 3):
        for axis in (2, 3):
            near = inner.take(range(inner.shape[axis] - away), axis)
            far = inner.take(range(away, inner.shape[axis]), axis)
            expected = np.exp(-((away / sigma) ** 2) / 4)
            assert abs(np.corrcoef(near.ravel(), far.ravel())[0, 1] - expected) < 0.06
    assert abs(np.corrcoef(*inner.transpose(1, 0, 2, 3).reshape(2, -1))[0, 1]) < 0.15
    images = inner.reshape(len(inner), -1)
    assert np.abs(np.corrcoef(images) - np.eye(len(images))).mean() < 0.2


# With values that are tried.
PLACES: dict[str, tuple[Callable[..., None], list[dict[str, Any]]]] = {
    "crop": (crop, [{"random": (0.3, 1.0)}, {"random": (0.1, 0.2)}]),
    "elastic": (elastic, [{"alpha": 10.0, "sigma": 2.0}, {"alpha": 20.0, "sigma": 3.0}]),
    "perspective": (perspective, [{"perspective": 0.2}, {"perspective": 0.6}]),
    "shear": (shear, [{"shear": 20.0}, {"shear": 10.0, "vertical": 30.0}]),
}

"""What a mixture of images may be, told from the images before and after, and how their shares are
distributed.

Each check takes the images (count, channels, height, width), what has become of each, the image
that each is mixed with, the share of itself that it has kept, and the value of the line.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Check = Callable[..., None]


def beta_distribution(shares: np.ndarray, a: float) -> np.ndarray:
    """The part of Beta(a, a) that is below each of these: the integral of its density (x (1 - x))
    to the a - 1, whose halves are symmetric. Where it is infinite at 0, x = t to the 1 / a makes
    it finite."""
    constant = math.exp(math.lgamma(2 * a) - 2 * math.lgamma(a))
    ends = np.minimum(shares, 1 - shares).astype(np.float64)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    if a > 1:
        x = ends[:, None] * (nodes + 1) / 2
        below = constant * ends / 2 * ((x * (1 - x)) ** (a - 1) @ weights)
    else:
        t = ends[:, None] ** a * (nodes + 1) / 2
        below = constant / a * ends**a / 2 * ((1 - t ** (1 / a)) ** (a - 1) @ weights)
    return np.where(shares < 0.5, below, 1 - below)


def follow_beta(shares: np.ndarray, a: float) -> None:
    """As Kolmogorov and Smirnov have it: less than one sample in a thousand is as far away."""
    shares, count = np.sort(shares), len(shares)
    wanted = beta_distribution(shares, a)
    away = np.abs(wanted - (np.arange(count) + 0.5) / count).max() + 0.5 / count
    assert away < 1.95 / math.sqrt(count), (a, away)


def mixup(
    images: np.ndarray, mixed: np.ndarray, others: np.ndarray, shares: np.ndarray, mixup: float
) -> None:
    wide = shares.reshape(-1, 1, 1, 1).astype(np.float64)
    expected = wide * images + (1 - wide) * others
    assert np.abs(mixed - expected).max() < (0.501 if mixed.dtype == np.uint8 else 1e-4)
    follow_beta(shares.astype(np.float64), mixup)


def cutmix(
    images: np.ndarray, mixed: np.ndarray, others: np.ndarray, shares: np.ndarray, cutmix: float
) -> None:
    """Rectangles of the shape of the image, but where the border cuts them, of the other image; the
    share is of the area that is left."""
    height, width = images.shape[2:]
    middles, whole = [], []
    for own, found, other, share in zip(images, mixed, others, shares, strict=True):
        differs = (found != own).any(axis=0)
        rows, columns = (np.flatnonzero(differs.any(axis=k)) for k in (1, 0))
        if not len(rows):
            assert share == 1
            continue
        (top, bottom), (left, right) = ((x[0], x[-1] + 1) for x in (rows, columns))
        expected = own.copy()
        expected[:, top:bottom, left:right] = other[:, top:bottom, left:right]
        np.testing.assert_array_equal(found, expected)
        tall, wide = bottom - top, right - left
        assert abs(share - (1 - tall * wide / (height * width))) < 1e-6
        if top > 0 and left > 0 and bottom < height and right < width:
            assert abs(tall / height - wide / width) <= 1 / min(height, width)
            middles.append(((top + bottom) / 2 / height, (left + right) / 2 / width))
            whole.append(1 - share)
    assert len({tuple(middle) for middle in middles}) > len(middles) / 3
    # Those that no border cuts are small, and any of these.
    assert max(whole) < 0.95 and np.ptp(whole) > 0.3
    assert 0.5 < shares.mean() < 0.95 and (shares > 0.99).any() and (shares < 0.3).any()


# With values that are tried.
MIXTURES: dict[str, tuple[Check, list[dict[str, Any]]]] = {
    "cutmix": (cutmix, [{"cutmix": 1.0}, {"cutmix": 0.5}]),
    "mixup": (mixup, [{"mixup": a} for a in (0.2, 0.4, 1.0, 3.0, 30.0)]),
}

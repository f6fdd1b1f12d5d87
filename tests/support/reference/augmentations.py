"""What augmentations may make of images, told from the images before and after.

Each check takes the images (count, channels, height, width), bytes from 1 on, what has become of
each, and the values of the line; it raises where an image could not have become so, or where too
many of them have become the same.
"""

import colorsys
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageOps

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


def fits_a_factor(images: np.ndarray, changed: np.ndarray, around: np.ndarray, most: float) -> None:
    """Differences from `around` are those of before times a factor of each image, which is up to
    `most` from 1, and any of these."""
    before, after = images - around, changed - around
    free = (changed > 0) & (changed < 255)
    sums = [np.where(free, before * other, 0).sum(axis=(1, 2, 3)) for other in (after, before)]
    factors = sums[0] / sums[1]
    expected = np.clip(around + factors.reshape(-1, 1, 1, 1) * before, 0, 255)
    assert np.abs(expected - changed).max() < 1
    assert factors.min() > max(0, 1 - most) - 0.02 and factors.max() < 1 + most + 0.02
    assert np.ptp(factors) > most and abs(factors.mean() - (max(0, 1 - most) + 1 + most) / 2) < 0.1


def grey(images: np.ndarray) -> np.ndarray:
    """Of each pixel (ITU-R BT.601)."""
    if images.shape[1] != 3:
        return images.mean(axis=1, keepdims=True)
    return np.einsum("kcij,c->kij", images, [0.299, 0.587, 0.114])[:, None]


def brightness(images: np.ndarray, changed: np.ndarray, brightness: float) -> None:
    fits_a_factor(images, changed, np.zeros(1), brightness)


def contrast(images: np.ndarray, changed: np.ndarray, contrast: float) -> None:
    fits_a_factor(images, changed, grey(images).mean(axis=(1, 2, 3), keepdims=True), contrast)


def saturation(images: np.ndarray, changed: np.ndarray, saturation: float) -> None:
    fits_a_factor(images, changed, grey(images), saturation)


def hue(images: np.ndarray, changed: np.ndarray, hue: float) -> None:
    """By Python's own transformation of colours; each image has turned by one angle."""
    turns = []
    for image, other in zip(images, changed, strict=True):
        before, after = (
            np.array([colorsys.rgb_to_hsv(*pixel) for pixel in x.reshape(3, -1).T / 255.0])
            for x in (image, other)
        )
        strong = before[:, 1] * before[:, 2] > 0.3
        away = np.exp(2j * np.pi * (after - before)[strong, 0]).mean()
        turn = np.angle(away) / (2 * np.pi)
        expected = [colorsys.hsv_to_rgb((h + turn) % 1, s, v) for h, s, v in before]
        assert np.abs(255 * np.array(expected).T - other.reshape(3, -1)).max() < 2
        turns.append(turn)
    assert np.abs(turns).max() < hue + 0.005 and np.ptp(turns) > 1.5 * hue


def gray(images: np.ndarray, changed: np.ndarray) -> None:
    assert np.abs(changed - grey(images)).max() <= 0.501


def invert(images: np.ndarray, changed: np.ndarray) -> None:
    np.testing.assert_array_equal(changed, 255 - images)


def noise(images: np.ndarray, changed: np.ndarray, noise: float) -> None:
    """As wide as the normal distribution, and as often; no two places have the same."""
    free = (images > 5 * 255 * noise) & (images < 255 - 5 * 255 * noise)
    found = (changed.astype(float) - images)[free] / (255 * noise)
    assert abs(found.mean()) < 4 / np.sqrt(found.size) and abs(found.std() - 1) < 0.05
    for within, share in ((0.5, 0.3829), (1, 0.6827), (2, 0.9545)):
        assert abs((np.abs(found) < within).mean() - share) < 0.03
    steps = (changed.astype(float) - images).reshape(len(images), -1)
    assert np.abs(np.corrcoef(steps) - np.eye(len(images))).max() < 0.6
    assert np.abs(np.corrcoef(steps.T) - np.eye(steps.shape[1])).max() < 0.75


def blurred(images: np.ndarray, deviation: float) -> np.ndarray:
    """All rows and columns times the matrix of a Gaussian, whose border repeats."""

    def matrix(size: int) -> np.ndarray:
        weights = np.zeros((size, size))
        for k in range(-60, 61):
            part = np.exp(-0.5 * (k / deviation) ** 2)
            for place in range(size):
                weights[place, np.clip(place + k, 0, size - 1)] += part
        return weights / weights.sum(axis=1, keepdims=True)

    return matrix(images.shape[2]) @ images @ matrix(images.shape[3]).T


def blur(images: np.ndarray, changed: np.ndarray, blur: float) -> None:
    """One of these widths explains an image: what is left of it, when three are seen, is small."""
    widths = np.linspace(0.01, blur, 200)
    errors = [np.abs(blurred(images, w) - changed).max(axis=(1, 2, 3)) for w in widths]
    assert np.min(errors, axis=0).max() < 0.02 * 255
    found = widths[np.argmin(errors, axis=0)]
    assert abs(found.mean() / blur - 0.5) < 0.15 and np.ptp(found) > 0.8 * blur


def posterize(images: np.ndarray, changed: np.ndarray, posterize: int) -> None:
    """Bits of bytes."""
    np.testing.assert_array_equal(changed, images & (0xFF00 >> posterize & 0xFF))


def solarize(images: np.ndarray, changed: np.ndarray, solarize: float) -> None:
    np.testing.assert_array_equal(changed, np.where(images >= 255 * solarize, 255 - images, images))


def sharpness(images: np.ndarray, changed: np.ndarray, sharpness: float) -> None:
    """By the sums of all neighbours, and of the middle four times more; the border is kept."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(2, 3))
    smooth = images.astype(float)
    smooth[..., 1:-1, 1:-1] = (windows.sum(axis=(4, 5)) + 4.0 * images[..., 1:-1, 1:-1]) / 13
    fits_a_factor(images, changed, smooth, sharpness)


def equalize(images: np.ndarray, changed: np.ndarray) -> None:
    """By Pillow, a channel at a time."""
    for image, other in zip(images, changed, strict=True):
        for plane, found in zip(image, other, strict=True):
            np.testing.assert_array_equal(found, ImageOps.equalize(Image.fromarray(plane)))


def autocontrast(images: np.ndarray, changed: np.ndarray) -> None:
    least, most = (end(axis=(2, 3), keepdims=True) for end in (images.min, images.max))
    assert np.abs((images - least) / (most - least) * 255.0 - changed).max() <= 0.501


def auto(images: np.ndarray, changed: np.ndarray, auto: int, magnitude: float) -> None:
    """Of single operations: some images are as they were, some have other values by a factor and
    a shift that all pixels share, and with some it is otherwise: they have moved, or pixels or
    channels have factors of their own. Each is as frequent as it is chosen. Images of so few pixels
    cannot be equalized; those of which all is solarized have the factor -1."""
    assert auto == 1
    kinds = []
    for image, other in zip(images.astype(float), changed.astype(float), strict=True):
        free = (other > 0) & (other < 255)
        if np.array_equal(image, other):
            kinds.append("none")
            continue
        slopes, _, _, _ = np.linalg.lstsq(
            np.stack([image[free], np.ones(free.sum())], axis=1), other[free], rcond=None
        )
        explained = np.clip(image * slopes[0] + slopes[1], 0, 255)
        value = np.abs(explained - other)[free].max() < 1
        kinds.append("value" if value else "place")
        if value:
            solarized = magnitude == 30 and abs(slopes[0] + 1) < 0.02
            most = 0.9 * magnitude / 30 + 0.02
            assert solarized or 1 - most < slopes[0] < 1 + most
    shares = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
    values = 3 if magnitude == 30 else 2
    for kind, share in (("none", 2 / 13), ("value", values / 13), ("place", (11 - values) / 13)):
        assert abs(shares[kind] - share) < 0.17, shares


# With values that are tried.
AUGMENTATIONS: dict[str, tuple[Check, list[dict[str, Any]]]] = {
    "auto": (auto, [{"auto": 1, "magnitude": 30.0}, {"auto": 1, "magnitude": 15.0}]),
    "autocontrast": (autocontrast, [{}]),
    "blur": (blur, [{"blur": 1.5}]),
    "brightness": (brightness, [{"brightness": 0.3}, {"brightness": 1.5}]),
    "contrast": (contrast, [{"contrast": 0.3}, {"contrast": 1.5}]),
    "crop": (crop, [{"crop": (9, 9), "pad": (2, 3)}, {"crop": (5, 7)}]),
    "cutout": (cutout, [{"cutout": (3, 3)}, {"cutout": (2, 5)}]),
    "equalize": (equalize, [{}]),
    "flip": (flip, [{"horizontal": True}, {"vertical": True},
                    {"horizontal": True, "vertical": True}]),
    "gray": (gray, [{}]),
    "hue": (hue, [{"hue": 0.1}, {"hue": 0.5}]),
    "invert": (invert, [{}]),
    "noise": (noise, [{"noise": 0.05}]),
    "posterize": (posterize, [{"posterize": 1}, {"posterize": 4}, {"posterize": 8}]),
    "rotate": (rotate, [{"rotate": 30.0}]),
    "saturation": (saturation, [{"saturation": 0.3}, {"saturation": 1.5}]),
    "scale": (scale, [{"scale": (0.5, 1.5)}, {"scale": (1.0, 2.0)}]),
    "sharpness": (sharpness, [{"sharpness": 0.5}, {"sharpness": 0.9}]),
    "shift": (shift, [{"shift": (2, 3)}]),
    "solarize": (solarize, [{"solarize": 0.5}, {"solarize": 0.0}, {"solarize": 1.0}]),
}  # fmt: skip

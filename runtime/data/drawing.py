"""Cuts a drawing out of a picture, as the digits of MNIST were made of scanned forms.

Y. LeCun, C. Cortes, C. J. C. Burges: the digits "were size normalized to fit in a 20x20 pixel box
while preserving their aspect ratio ... The images were centered in a 28x28 image by computing the
center of mass of the pixels, and translating the image so as to position this point at the center
of the 28x28 field."
"""

import numpy as np
from numpy.typing import NDArray

from runtime.data.preparation import PictureError, border_of

Floats = NDArray[np.float32]
_WORKED = 320  # pixels of the longer side that drawings are looked at with
_GROUND = 48  # the same for the light that falls on the paper
_EVEN = 24  # values between which nearly all of an even ground lies
_FAINT = 24  # values that are less than a stroke is darker than the paper
_SPECK = 0.04  # of the largest part's area, what is dirt
_SMALLEST = 4  # pixels, a part of a drawing
_THIN, _USUAL = 0.10, 0.13  # a stroke's width, of the drawing's longer side


def cut_out(
    values: NDArray[np.uint8], box: int, shape: tuple[int, ...], invert: str
) -> tuple[NDArray[np.uint8], bool]:
    """A drawing as light strokes on black, (height, width) = `shape`, and whether it was dark.

    `values` are (height, width), or RGB behind them. The drawing's longer side has `box` pixels,
    its centre of mass is in the middle. `invert` is "yes" for dark strokes, "no" for light ones,
    "auto" for those that differ most from what is around. PictureError where nothing is drawn.
    """
    from PIL import Image

    picture = Image.fromarray(values).convert("L")
    if max(picture.size) > _WORKED:
        picture.thumbnail((_WORKED, _WORKED), Image.Resampling.BOX)
    grey = np.asarray(picture, np.float32)
    height = grey - _ground(grey)
    dark = _is_dark(height) if invert == "auto" else invert == "yes"
    ink = np.maximum(-height if dark else height, 0)
    ink = _strokes(ink)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = _thickened(ink)
    return _placed(ink, box, (shape[0], shape[1])), dark


def _ground(grey: Floats) -> Floats:
    """The brightness of the paper behind each pixel: one number, or what remains of the picture
    when everything narrow is taken away, as where light falls unevenly on a photographed page."""
    from PIL import Image
    from scipy import ndimage  # type: ignore[import-untyped]

    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    low, high = np.quantile(edge, (0.1, 0.9))
    if high - low <= _EVEN:
        return np.full_like(grey, border_of(grey))
    rows, columns = grey.shape
    small = Image.fromarray(grey)
    small.thumbnail((_GROUND, _GROUND), Image.Resampling.BOX)
    # A stroke is a small part of a window of half the picture.
    smooth = ndimage.median_filter(np.asarray(small), size=_GROUND // 2, mode="nearest")
    smooth = ndimage.gaussian_filter(smooth, 2)
    large = Image.fromarray(smooth).resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(large)


def _is_dark(height: Floats) -> bool:
    """Whether what differs most from the ground is darker: strokes are few, and differ much."""
    return float((height**3).sum()) < 0


def _strokes(ink: Floats) -> Floats:
    """The drawing alone, from 0 to 1, without the paper's grain, dirt, and the page's edges."""
    from scipy import ndimage

    most = float(np.quantile(ink, 1 - min(0.5, 20 / ink.size)))
    if most < _FAINT:
        raise PictureError("I see nothing drawn on it")
    mask = ink > _threshold(ink, most)
    # A pixel's width of strokes that a threshold has torn is closed.
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(parts.ravel(), minlength=count + 1)
    areas[0] = 0
    rim = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    inside = areas.copy()
    inside[rim] = 0
    least = max(_SMALLEST, 2e-4 * mask.size)
    if inside.max() >= least:  # what reaches the rim is no part of the drawing: a table, a shadow
        areas = inside
    kept = np.flatnonzero(areas >= max(_SMALLEST, _SPECK * areas.max()))
    if not len(kept):
        raise PictureError("I see nothing drawn on it")
    drawing = ndimage.binary_dilation(np.isin(parts, kept), np.ones((3, 3)))
    level = float(np.quantile(ink[np.isin(parts, kept)], 0.75))
    clean = np.where(drawing, np.clip(ink / level, 0, 1), 0)
    clean[clean < 0.1] = 0
    return np.asarray(clean, np.float32)


def _threshold(ink: Floats, most: float) -> float:
    """Otsu's: the value that parts ink and paper with the least variance in both."""
    counts, edges = np.histogram(np.minimum(ink, most), bins=128, range=(0, most))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = ink.size - below
    sums = np.cumsum(counts * middles)
    total, sums = sums[-1], sums[:-1]
    apart = np.where(
        (below > 0) & (above > 0),
        below * above * (sums / np.maximum(below, 1) - (total - sums) / np.maximum(above, 1)) ** 2,
        0,
    )
    # Of the paper's grain alone, Otsu would take a half for ink.
    return max(float(edges[1 + int(apart.argmax())]), 0.25 * most)


def _thickened(ink: Floats) -> Floats:
    """A pen's thin strokes as thick as those of the training images, which would get lost when the
    drawing is made small."""
    from scipy import ndimage

    longer = max(ink.shape)
    inside = ndimage.distance_transform_edt(np.pad(ink > 0.5, 1))
    ridge = inside[inside == ndimage.maximum_filter(inside, 3)]
    ridge = ridge[ridge > 0]
    width = 2 * float(np.median(ridge)) if len(ridge) else 1.0
    if width >= _THIN * longer:
        return ink
    more = round((_USUAL * longer - width) / 2)
    if more < 1:
        return ink
    rows, columns = np.ogrid[-more : more + 1, -more : more + 1]
    disc = rows * rows + columns * columns <= more * more
    thick = ndimage.grey_dilation(np.pad(ink, more), footprint=disc)
    return np.asarray(thick, np.float32)


def _placed(ink: Floats, box: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image

    rows, columns = ink.shape
    scale = box / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    picture = Image.fromarray(np.rint(255 * ink).astype(np.uint8))
    small = np.asarray(picture.resize(size, Image.Resampling.BICUBIC), np.float64)
    small = small * (255 / max(1.0, small.max()))
    mass = small.sum()
    places = []
    for axis, (room, length) in enumerate(zip(shape, small.shape, strict=True)):
        middle = float((small.sum(axis=1 - axis) * (np.arange(length) + 0.5)).sum() / mass)
        places.append(min(max(0, round(room / 2 - middle)), room - length))
    image = np.zeros(shape, np.uint8)
    top, left = places
    image[top : top + small.shape[0], left : left + small.shape[1]] = np.rint(small)
    return image

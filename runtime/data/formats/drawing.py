"""Cuts a drawing out of a picture, as the digits of MNIST were made of scanned forms.

Y. LeCun, C. Cortes, C. J. C. Burges: the digits "were size normalized to fit in a 20x20 pixel box
while preserving their aspect ratio ... The images were centered in a 28x28 image by computing the
center of mass of the pixels, and translating the image so as to position this point at the center
of the 28x28 field."
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.data.picture import PictureError, border_of

Floats = NDArray[np.float32]
_WORKED = 320  # pixels of the longer side that drawings are looked at with
_GROUND = 48  # the same for the light that falls on the paper
_EVEN = 24  # values between which nearly all of an even ground lies
_FAINT = 24  # values that are less than a stroke is darker than the paper
_SPECK = 0.04  # of the largest part's area, what is dirt
_SMALLEST = 4  # pixels, a part of a drawing
_MOST_PARTS = 12  # of a drawing
_TALL = 0.6  # of the tallest part's height, what may be a drawing of its own
_WHOLE, _RULED = 0.9, 0.3  # of a side, how long a rule is; and how much of a page rules may cover
_LIGHT = 64  # a stroke's least brightness
_SLACK, _OFF = 6, 2.5  # pixels by which what is cut out may be smaller, and beside the middle
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
    sheet = _sheet(grey)
    if sheet is not None:
        grey = grey[sheet]
    height = grey - _ground(grey)
    dark = _is_dark(height) if invert == "auto" else invert == "yes"
    ink = _strokes(np.maximum(-height if dark else height, 0))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = _thickened(ink)
    return _placed(ink, box, (shape[0], shape[1])), dark


def is_cut_out(values: NDArray[np.uint8], box: int) -> bool:
    """Whether light strokes on black, (height, width), are of the size and at the place already
    that `cut_out` gives them."""
    ink = values > _LIGHT
    if not ink.any():
        return False
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    masses = values.astype(np.float64)
    total = masses.sum()
    apart = [
        abs((masses.sum(axis=1 - axis) * (np.arange(size) + 0.5)).sum() / total - size / 2)
        for axis, size in enumerate(values.shape)
    ]
    return bool(box - _SLACK <= longer <= box + 2 and max(apart) <= _OFF)


def _sheet(grey: Floats) -> tuple[slice, slice] | None:
    """Where a sheet of paper lies that does not fill the picture, without its edges."""
    from scipy import ndimage  # type: ignore[import-untyped]

    low, high = float(grey.min()), float(grey.max())
    if high - low < _FAINT:
        return None
    light = grey > low + _threshold(grey - low, high - low)
    for mask in (light, ~light):
        parts, count = ndimage.label(mask)
        if not count:
            continue
        areas = np.bincount(parts.ravel())
        areas[0] = 0
        number = int(areas.argmax())
        place = ndimage.find_objects(parts)[number - 1]
        heights = [side.stop - side.start for side in place]
        inside = all(
            side.start > 0 and side.stop < length
            for side, length in zip(place, grey.shape, strict=True)
        )
        large = all(part > 0.3 * whole for part, whole in zip(heights, grey.shape, strict=True))
        solid = areas[number] > 0.7 * heights[0] * heights[1]
        if inside and large and solid and areas[number] > 0.15 * grey.size:
            edges = [max(1, round(0.06 * part)) for part in heights]
            return (
                slice(place[0].start + edges[0], place[0].stop - edges[0]),
                slice(place[1].start + edges[1], place[1].stop - edges[1]),
            )
    return None


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
    mask = _without_rules(ink > _threshold(ink, most))
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    if not count:
        raise PictureError("I see nothing drawn on it")
    kept = _drawing(parts, ndimage.find_objects(parts))
    drawing = ndimage.binary_dilation(np.isin(parts, kept), np.ones((3, 3)))
    level = float(np.quantile(ink[np.isin(parts, kept)], 0.75))
    clean = np.where(drawing, np.clip(ink / level, 0, 1), 0)
    clean[clean < 0.1] = 0
    return np.asarray(clean, np.float32)


def _without_rules(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without the lines of ruled or squared paper, which go from one side to the other."""
    from scipy import ndimage

    for axis in (0, 1):
        length = max(3, round(_WHOLE * mask.shape[1 - axis]))
        line = np.ones((1, length) if axis == 0 else (length, 1), bool)
        rules = ndimage.binary_opening(mask, line)
        thick = rules.any(axis=1 - axis)
        if not thick.any() or thick.mean() > _RULED:
            continue
        ends = np.flatnonzero(np.diff(np.pad(thick.astype(np.int8), 1)))
        widest = int((ends[1::2] - ends[::2]).max())
        # Strokes that cross a rule are joined again.
        gap = np.ones((2 * widest + 1, 1) if axis == 0 else (1, 2 * widest + 1), bool)
        mask = ndimage.binary_closing(mask & ~rules, gap) & (mask | rules)
    return mask


def _drawing(parts: NDArray[np.int32], places: list[tuple[slice, slice]]) -> NDArray[np.intp]:
    """The parts that make the drawing; PictureError where there is none, or several."""
    areas = np.bincount(parts.ravel(), minlength=len(places) + 1).astype(np.int64)
    areas[0] = 0
    least = max(_SMALLEST, 2e-4 * parts.size)
    for number in _edges(parts, places, areas):
        others = np.delete(areas, number).max(initial=0)
        room = _room(places[number - 1])
        solid = areas[number] > max(0.6 * room, 0.05 * parts.size)
        if others >= (least if solid else max(least, 0.1 * areas[number])):
            areas[number] = 0  # a table, a shadow: no part of the drawing
    biggest = int(areas.argmax())
    room = _room(places[biggest - 1])
    frame = room > 0.5 * parts.size and areas[biggest] < 0.12 * room
    if frame and np.delete(areas, biggest).max(initial=0) >= least:
        areas[biggest] = 0
    kept = np.flatnonzero(areas >= max(_SMALLEST, _SPECK * areas.max()))
    if not len(kept):
        raise PictureError("I see nothing drawn on it")
    if len(kept) > _MOST_PARTS:
        raise PictureError("I see no single drawing on it, but many spots")
    if _beside_each_other([places[number - 1] for number in kept]):
        raise PictureError("I see several drawings on it: give a picture for each")
    return kept


def _edges(
    parts: NDArray[np.int32], places: list[tuple[slice, slice]], areas: NDArray[np.int64]
) -> list[int]:
    """Parts that lie along the picture's rim, the largest first."""
    sides = (parts[0], parts[-1], parts[:, 0], parts[:, -1])
    found = []
    for number in np.argsort(-areas):
        contacts = [int((side == number).sum()) for side in sides]
        touched = sum(contact > 0 for contact in contacts)
        if number and areas[number] and (touched > 1 or max(contacts) > 0.2 * min(parts.shape)):
            found.append(int(number))
    return found


def _room(place: tuple[slice, slice]) -> int:
    return (place[0].stop - place[0].start) * (place[1].stop - place[1].start)


def _beside_each_other(places: list[tuple[slice, slice]]) -> bool:
    """Whether two parts of about the same height stand side by side, with room between."""
    tallest = max(rows.stop - rows.start for rows, _ in places)
    tall = sorted(
        (columns.start, columns.stop)
        for rows, columns in places
        if rows.stop - rows.start > _TALL * tallest
    )
    return any(left[1] + 1 < right[0] for left, right in pairwise(tall))


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

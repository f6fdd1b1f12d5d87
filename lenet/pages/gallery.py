"""A prediction as pictures with what they are taken for."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.messages.clean import escape
from lenet.runtime.models.prediction import MOST_KEPT, Answered, Kept, Predicted, Prediction

_ANSWERS = 6  # of an image
_SIDE = 72  # of a picture on the page
_FIGURE = (
    f"display:inline-block;width:{_SIDE + 16}px;margin:4px;vertical-align:top;text-align:center;"
    "font-size:12px;line-height:1.3;overflow-wrap:anywhere"
)


def gallery(prediction: Prediction) -> str:
    """The first images, each with its class and probability, and how many more there are."""
    pictures = _pictures(prediction.kept) if prediction.kept is not None else []
    count = min(len(prediction), MOST_KEPT)
    figures = [
        _figure(pictures[k] if k < len(pictures) else None, prediction[k]) for k in range(count)
    ]
    images = f"{len(prediction):,} image" + ("" if len(prediction) == 1 else "s")
    first = f", the first {count}" if count < len(prediction) else ""
    return (
        f'<div style="max-width:100%"><b>{images}, {len(prediction.labels):,} classes{first}</b>'
        f"<div>{''.join(figures)}</div></div>"
    )


def answers_page(found: Answered) -> str:
    """The first images, each with its first answers, and how many more there are."""
    pictures = _pictures(found.kept) if found.kept is not None else []
    count = min(len(found), MOST_KEPT)
    figures = []
    for k in range(count):
        said = list(zip(found.names, found.shown(k), strict=True))
        lines = [f"{escape(name[:40])} <b>{value}</b>" for name, value in said[:_ANSWERS]]
        lines += [f"and {len(said) - _ANSWERS:,} more"] if len(said) > _ANSWERS else []
        image = _image(pictures[k] if k < len(pictures) else None)
        figures.append(f'<div style="{_FIGURE}">{image}{"<br>".join(lines)}</div>')
    images = f"{len(found):,} image" + ("" if len(found) == 1 else "s")
    first = f", the first {count}" if count < len(found) else ""
    return (
        f'<div style="max-width:100%"><b>{images}, {found.answers}{first}</b>'
        f"<div>{''.join(figures)}</div></div>"
    )


def _image(picture: NDArray[np.uint8] | None) -> str:
    if picture is None:
        return ""
    return (
        f'<img width="{_SIDE}" height="{_SIDE}" alt="" src="{_png(picture)}" '
        'style="object-fit:contain;image-rendering:pixelated;margin:0 auto 3px;display:block">'
    )


def _figure(picture: NDArray[np.uint8] | None, found: Predicted) -> str:
    image = _image(picture)
    # A probability of 99.996% is not 100%.
    shown = min(found.probability, 0.9999) if found.probability < 1 else 1.0
    return (
        f'<div style="{_FIGURE}" title="{escape(f"{found.label} ({found.number})")}">{image}'
        f"<b>{escape(found.label[:40])}</b><br>{shown:.2%}</div>"
    )


def _pictures(kept: Kept) -> list[NDArray[np.uint8]]:
    """Grey (height, width) or RGB (height, width, 3); none where the images are no pictures."""
    pixels = kept.pixels
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3) or not len(pixels):
        return []
    values = np.nan_to_num(pixels.astype(np.float32) * np.float32(kept.scale))
    if values.min() < 0 or values.max() > 1:  # no values from 0 to 1: from the least to the most
        least, most = float(values.min()), float(values.max())
        values = (values - least) / (most - least or 1.0)
    found = np.rint(values * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return [picture[:, :, 0] if picture.shape[2] == 1 else picture for picture in found]


def _png(picture: NDArray[Any]) -> str:
    """As a data URI, small enough for a page."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((4 * _SIDE, 4 * _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

"""Training images on a sheet, for TensorBoard."""

import base64
import struct

import numpy as np

from lenet.runtime.contact_sheet import Row, contact_sheet
from lenet.runtime.events import Sampled

_CLASSES = 20  # rows of a sheet


def sheet_of(event: Sampled) -> tuple[bytes, int, int]:
    """A PNG with a row for each class, in their order; its width and height."""
    pixels = np.frombuffer(base64.b64decode(event.pixels), np.uint8).reshape(event.shape)
    names = list(dict.fromkeys(event.classes))
    groups = {name: [p for p, own in zip(pixels, event.classes, strict=True) if own == name]
              for name in names[:_CLASSES]}  # fmt: skip
    title = f"epoch {event.epoch:,}, iteration {event.iteration:,}"
    words = f"{len(pixels)} images of the training, as the net gets them"
    if len(names) > _CLASSES:
        words += f": the first {_CLASSES} of {len(names)} classes"
    rows = [Row(name, "", [own]) for name, own in groups.items()]
    sheet = contact_sheet(title, words, [""], max(map(len, groups.values())), rows)
    # A PNG's first chunk begins with both, behind the signature and its own length and name.
    width, height = struct.unpack(">II", sheet[16:24])
    return sheet, width, height

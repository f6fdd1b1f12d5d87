"""What a net has learnt: its first filters, and which pixels decided what it said."""

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Node
from lenet.dsl.messages.clean import clean
from lenet.dsl.registry import layers
from lenet.pages.report.frame import figures, paragraph, picture
from lenet.pages.report.mistakes import pictures, told
from lenet.reported import LookedInto, Reported
from lenet.runtime.models.model import Model

_FILTERS = 64
_FOR, _AGAINST = (232, 106, 23), (38, 122, 214)  # orange and blue
_DIM = 0.55  # of the image behind a map
Floats = NDArray[np.float64]


def filters_section(model: Model) -> str:
    """Of a net that begins with a convolution of grey or RGB images; else ""."""
    node = _first(model)
    if node is None:
        return ""
    weights = np.asarray(model.tensors[f"{node.name}.weight"], np.float64)
    count, channels, height, width = weights.shape
    if channels not in (1, 3) or min(height, width) < 2:
        return ""
    largest = float(np.nan_to_num(np.abs(weights)).max()) or 1.0
    shown = np.rint((np.clip(weights / largest, -1, 1) + 1) * 127.5).astype(np.uint8)
    items = []
    for k in range(min(count, _FILTERS)):
        pixels = shown[k, 0] if channels == 1 else shown[k].transpose(1, 2, 0)
        items.append((picture(pixels, f"filter {k + 1} of {node.name}"), f"{k + 1}"))
    first = f"The first {_FILTERS} of {count}" if count > _FILTERS else f"All {count}"
    words = (
        f"{first} filters of {clean(node.name)}, {height}x{width}. Grey is 0, white {largest:.3g}, "
        f"black {-largest:.3g}" + (", each colour by itself." if channels == 3 else ".")
    )
    return paragraph(words) + figures(items, "filters")


def _first(model: Model) -> Node | None:
    """The convolution that reads the images, if that is what does."""
    nodes = model.graph.nodes
    readers = [node for node in nodes[1:] if nodes[0].name in node.inputs]
    if len(nodes[0].shape) != 3 or len(readers) != 1:
        return None
    node = readers[0]
    there = [p for p in node.parameters if p.name == "weight" and len(p.shape) == 4]
    return node if layers()[node.kind].family == "convolution" and there else None


def decided_section(reported: Reported) -> str:
    """Each image beside its maps."""
    judged, into = reported.judged, reported.looked_into
    if judged is None or into is None:
        return ""
    shown = pictures(judged, into.numbers)
    items = []
    for n, k in enumerate(into.numbers):
        place = f"held-out image {judged.rows[k]}"
        maps = picture(shown[n], place)
        if into.found.gradient is not None:
            heat = _over(shown[n], into.found.gradient[n])
            maps += picture(heat, f"{place}: gradient times input")
        maps += picture(_over(shown[n], into.found.occlusion[n]), f"{place}: occlusion")
        items.append(
            (f'<div class="trio">{maps}</div>', f"#{judged.rows[k]}: {told(judged, int(k))}")
        )
    return _explained(reported, into) + figures(items, "three")


def _explained(reported: Reported, into: LookedInto) -> str:
    height, width = into.found.window
    answers = reported.model.graph.answers
    what = {"class": "the class that was said", "numbers": "a larger first number"}
    of = what.get(answers, "a yes to the likeliest question")
    hidden = (
        f"occlusion (the answer where a window of {height}x{width} pixels is hidden, against that "
        "where it is not)"
    )
    maps = f"gradient times input, and {hidden}" if into.found.gradient is not None else hidden
    text = paragraph(
        f"Some of the worst mistakes and some others, each beside {maps}. Orange pixels speak for "
        f"{of}, blue ones against it; each map by itself goes up to its largest value."
    )
    if into.found.gradient is None:
        words = "Gradient times input is left out here, since its kernels are still to be compiled"
        again = f": lenet report {reported.folder} adds it" if reported.folder else ""
        text += paragraph(f"{words}{again}.", dim=True)
    return text


def _over(image: NDArray[np.uint8], values: Floats) -> NDArray[np.uint8]:
    """A map in colours over its image, which is made grey and dim."""
    grey = image.astype(np.float64)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    ground = 40 + _DIM * grey[:, :, None] * np.ones(3)
    values = np.nan_to_num(values)
    part = values / (np.abs(values).max() or 1.0)
    colour = np.where(part[:, :, None] > 0, np.array(_FOR), np.array(_AGAINST))
    opaque = 0.9 * np.abs(part)[:, :, None] ** 0.7
    mixed: NDArray[np.uint8] = np.rint(ground * (1 - opaque) + colour * opaque).astype(np.uint8)
    return mixed

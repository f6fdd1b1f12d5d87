"""Why a model answers so: what its layers make of an image, and which of its places decide."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.shapes import as_image
from lenet.pages.labels import label
from lenet.runtime.contact_sheet import is_vector, pictures_of, row_length
from lenet.runtime.models.activations import Activation
from lenet.runtime.models.occlusion import Occlusion, occluded
from lenet.serve.answers import answer_of, png_of
from lenet.serve.reading import Asked
from lenet.serve.served import Served

MOST_MAPS = 64  # of a layer
MOST_LAYERS = 200
_MOST_SIDE = 64  # of a map; of larger ones every second place is shown, and so on
_MOST_VALUES = 4096  # of a vector
_LINE = 16  # values of one that lies in a line
_GREY = 128  # between maps, and where there is no value


def explanation_of(served: Served, asked: Asked, number: int | None) -> dict[str, Any]:
    """Of a single image: its answer, the image as the net gets it, its layers, and the occlusion of
    answer `number`, by default the likeliest one. LenetError where there is no such answer."""
    image = asked.images[0]
    answer = answer_of(served, asked, served.predict(asked.images))
    found = occluded(served.model, image, number)
    layers = served.activations(image)
    return {
        **answer,
        "input": png_of(_shown(served, asked)),
        "layers": [layer_of(layer) for layer in layers[1 : MOST_LAYERS + 1]],
        "occlusion": occlusion_of(found, served),
    }


def _shown(served: Served, asked: Asked) -> NDArray[np.uint8]:
    """The image from black to white."""
    facts, image = served.facts, asked.images[0].astype(np.float64)
    least, most = facts.least or 0.0, facts.most or 1.0
    if asked.prepared is not None:
        image, least, most = asked.prepared[0].astype(np.float64), 0.0, 255.0
    return pictures_of(image.reshape(1, *as_image(facts.shape)), least, most)[0]


def layer_of(activation: Activation) -> dict[str, Any]:
    """Its maps side by side in one PNG, from its least value, black, to its most, white, with a gap
    of one pixel between two. A vector is a square of pixels, or if it is short a line of them."""
    node, values = activation.node, activation.values
    least, most = float(values.min()), float(values.max())
    image = as_image(node.shape)
    if is_vector(image):
        maps, gap = values.reshape(-1, 1, 1, 1)[:_MOST_VALUES], 0
    else:
        maps, gap = values.reshape(image[0], 1, *image[1:])[:MOST_MAPS], 1
        step = -(-max(image[1:]) // _MOST_SIDE)
        maps = maps[:, :, ::step, ::step]
    across = len(maps) if len(maps) <= _LINE and not gap else row_length(len(maps))
    return {
        "name": node.name,
        "text": label(node),
        "shape": list(node.shape),
        "least": least,
        "most": most,
        "maps": 1 if is_vector(image) else len(maps),
        "picture": png_of(_sheet(pictures_of(maps, least, most), across, gap)),
    }


def _sheet(maps: list[NDArray[np.uint8]], across: int, gap: int) -> NDArray[np.uint8]:
    height, width = (side + gap for side in maps[0].shape)
    down = -(-len(maps) // across)
    sheet = np.full((down * height - gap, across * width - gap), _GREY, np.uint8)
    for k, picture in enumerate(maps):
        top, left = k // across * height, k % across * width
        sheet[top : top + height - gap, left : left + width - gap] = picture
    return sheet


def occlusion_of(found: Occlusion, served: Served) -> dict[str, Any]:
    """In the PNG 255 is the largest fall of the answer, 128 none, and below 128 it rises where a
    place is hidden; `most` is that of a grey value of 255. Of a vector, `falls` has the numbers."""
    most = float(np.abs(found.falls).max())
    grey = np.rint(_GREY + 127 * found.falls / (most or 1.0))
    return {
        "answer": found.number,
        "label": served.facts.names[found.number],
        "value": found.value,
        "least": found.least,
        "side": found.side,
        "most": most,
        "picture": png_of(grey.astype(np.uint8)),
        **({"falls": found.falls[0].tolist()} if len(found.falls) == 1 else {}),
        **({"columns": list(found.columns)} if found.columns else {}),
    }

"""What a model says, as JSON."""

import base64
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.masks import mask_picture
from lenet.runtime.models.prediction import Answered, Prediction
from lenet.runtime.models.segmented import Segmented
from lenet.serve.reading import Asked
from lenet.serve.served import Served


def head_of(served: Served) -> dict[str, str]:
    """Who answers: the digest tells of the weights, which may change while a version stays."""
    return {
        "model": served.named.name, "version": served.named.version, "digest": served.digest,
    }  # fmt: skip


def answer_of(served: Served, asked: Asked, prediction: Prediction | Answered) -> dict[str, Any]:
    """The whole answer: of a single row or picture, or of a list."""
    found = [_one(prediction, k, asked) for k in range(len(prediction))]
    return {**head_of(served), **({"answer": found[0]} if asked.single else {"answers": found})}


def _one(prediction: Prediction | Answered, k: int, asked: Asked) -> dict[str, Any]:
    if isinstance(prediction, Prediction):
        said = prediction[k]
        found: dict[str, Any] = {
            "class": said.number, "label": said.label, "probability": said.probability,
            "probabilities": list(said.probabilities),
        }  # fmt: skip
    else:
        found = {"answers": {name: _finite(v) for name, v in prediction[k].items()}}
        if isinstance(prediction, Segmented):
            found["mask"] = encoded(mask_picture(prediction.masks[k]))
    if asked.done is not None:
        found["prepared"] = list(asked.done[k])
    return found


def _finite(value: float) -> float | None:
    """JSON has no infinity, which a number may be whose logarithm the net gives."""
    return value if math.isfinite(value) else None


def png_of(pixels: NDArray[np.uint8]) -> str:
    """A PNG of grey (height, width), RGB or RGBA behind these, in base64."""
    from PIL import Image

    return encoded(Image.fromarray(pixels))


def encoded(picture: Any) -> str:
    """A picture of Pillow's as a PNG in base64."""
    buffer = io.BytesIO()
    picture.save(buffer, "png", optimize=False)
    return base64.b64encode(buffer.getvalue()).decode()

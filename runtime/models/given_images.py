"""Images that a model is asked about, as its kernels take them."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import as_image, product, show
from lenet.runtime.data.values import TOO_LARGE
from lenet.runtime.training.normalization import Normalization

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

_LOOKED_AT = 2**20  # values of those that may be bytes: of large images, all would take a while


def prepared(model: "Model", images: NDArray[Any]) -> tuple[NDArray[Any], Normalization]:
    """Images, as `Model.outputs` takes them, as the kernels do, (count, values), and what
    normalizes them; LenetError where they do not fit."""
    images = _padded(model, images)
    shape = model.graph.input
    if images.shape == shape or (len(shape) == 3 and images.shape == shape[1:]):
        images = images[None]
    fits = images.ndim > 1 and (
        images.shape[1:] in (shape, as_image(shape))
        or (shape[0] == 1 and images.shape[1:] == shape[1:])
        or images.shape[1:] == (product(shape),)
        or (len(shape) == 1 and product(images.shape[1:]) == shape[0])
    )
    if not fits:
        raise LenetError(
            "the images do not fit the model",
            f"Their shape is {images.shape}; the model's input is {show(shape)}, "
            f"so it must be (count, {', '.join(map(str, shape))}).",
        )
    if images.dtype not in (np.float32, np.uint8):
        if not np.issubdtype(images.dtype, np.floating):
            raise LenetError(
                f"images of type {images.dtype} have no agreed scale",
                "I take uint8 (bytes) or floats (values from 0 to 1).",
                "convert them with images.astype('uint8') if they are bytes",
            )
        with np.errstate(over="ignore"):
            images = images.astype(np.float32)
    some = images[:: 1 + images.size // _LOOKED_AT]
    if images.dtype == np.float32 and model.most_expected < some.max(initial=0) <= 255:
        warnings.warn(
            f"these images have values of up to {images.max():g}, but those of the training "
            f"images were at most {model.most_expected / TOO_LARGE:g}: if they are bytes, give "
            "images.astype('uint8'), or divide them by 255",
            stacklevel=4,
        )
    flat = np.ascontiguousarray(images.reshape(len(images), product(shape)))
    return flat, model.normalizations[images.dtype == np.uint8]


def _padded(model: "Model", images: NDArray[Any]) -> NDArray[Any]:
    """Images as they are in the data, padded as the data section says."""
    bare, shape = model.image_shape, model.graph.input
    if bare == shape or images.ndim == 0 or len(shape) != 3:
        return images
    if images.shape[1:] == (product(bare),):
        images = images.reshape(-1, *bare)
    if images.shape[-2:] != bare[1:] or images.ndim > 4:
        return images
    down, across = (shape[1] - bare[1]) // 2, (shape[2] - bare[2]) // 2
    return np.pad(images, [(0, 0)] * (images.ndim - 2) + [(down, down), (across, across)])

"""Resize: upsample."""

from collections.abc import Callable

import numpy as np

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread

_MIXED = "linear"  # the mode of mixtures
_ROUNDED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def read(op: Op) -> Value:
    """By whole factors, of the nearest values or of mixtures of four."""
    op.only(antialias=0, exclude_outside=0)
    x = op.x
    step = op.map_of(x)
    shape = op.draft.shape(step)
    scales, wanted = op.floats(2).astype(np.float64), op.whole(3)
    if wanted is not None:
        scales = np.array(wanted, np.float64) / (op.reading.batch, *shape)
    return resized(
        op, step, scales, op.attribute("mode", "nearest"),
        op.attribute("coordinate_transformation_mode", "half_pixel"),
        op.attribute("nearest_mode", "round_prefer_floor"),
    )  # fmt: skip


def resized(op: Op, step: int, scales: np.ndarray, mode: str, how: str, nearest: str) -> Value:
    """The line."""
    factors = [round(float(own)) for own in scales]
    if len(factors) != 4 or factors[:2] != [1, 1] or not np.allclose(scales, factors, atol=1e-6):
        raise Unread(f"by {' x '.join(f'{own:g}' for own in scales)}, which are no whole factors "
                     "of rows and columns")  # fmt: skip
    down, across = factors[2:]
    if mode == "nearest":
        if not all(_repeats(factor, how, nearest) for factor in (down, across)):
            raise Unread(f"whose nearest values are others ({how}, {nearest})")
    elif mode != _MIXED or how not in ("half_pixel", "pytorch_half_pixel"):
        raise Unread(f"whose mode is {mode}, with {how} coordinates")
    method = () if mode == "nearest" else ("bilinear",)
    return op.add(Head("upsample", (sizes("", (down, across), "factor"), *method)), step)


def _repeats(factor: int, how: str, nearest: str) -> bool:
    """Whether each of some values is simply repeated."""
    size = 5
    places = np.arange(factor * size)
    if how in ("half_pixel", "pytorch_half_pixel"):
        from_where = (places + 0.5) / factor - 0.5
    elif how == "asymmetric":
        from_where = places / factor
    else:
        return factor == 1
    rounded = np.clip(_ROUNDED[nearest](from_where), 0, size - 1)
    return bool((rounded == places // factor).all())

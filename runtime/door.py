"""What kernels are given, checked once: they believe every length, and would read on beyond it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.program import Program
from dsl.errors import LenetError
from dsl.shapes import product
from runtime.batches import Normalization


def check_images(program: Program, pixels: NDArray[Any], normalization: Normalization) -> None:
    """`pixels` is (count, values), as they lie in memory; a channel has a scale and a shift."""
    size = product(program.input)
    if pixels.dtype not in (np.uint8, np.float32) or not pixels.flags.c_contiguous:
        raise _unfit(f"The images are {pixels.dtype}, {pixels.strides} bytes apart.")
    if pixels.ndim != 2 or pixels.shape[1] != size:
        raise _unfit(f"The images are {pixels.shape}, and should be (count, {size}).")
    channels = program.input[0] if len(program.input) == 3 else 1
    for name, values in vars(normalization).items():
        _check(f"the normalization's {name}", values, channels, np.dtype(np.float32))


def check_labels(program: Program, labels: Iterable[NDArray[Any]]) -> None:
    """Each is a number below that of the classes."""
    for part in labels:
        _check("the labels", part, part.size, np.dtype(np.int32))
        if part.size and not 0 <= part.min() <= part.max() < program.classes:
            found = f"{part.min()} to {part.max()}"
            raise _unfit(f"Labels go from {found}, and should be below {program.classes}.")


def check_floats(name: str, values: NDArray[Any], count: int) -> None:
    """So many finite float32."""
    _check(name, values, count, np.dtype(np.float32))
    if not np.isfinite(values).all():
        raise _unfit(f"One of {name} is no finite number.")


def _check(name: str, values: NDArray[Any], count: int, dtype: np.dtype[Any]) -> None:
    sound = values.dtype == dtype and values.shape == (count,) and values.flags.c_contiguous
    if not sound:
        found = f"{values.dtype} {values.shape}"
        raise _unfit(f"For {name} there are {found}, and should be {dtype} ({count},).")


def _unfit(detail: str) -> LenetError:
    return LenetError("this does not fit the net", detail)

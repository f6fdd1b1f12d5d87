"""What kernels are given, checked once: they believe every length, and would read on beyond it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.program import Program
from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import channels_of, product

_PIXELS = (np.dtype(np.uint8), np.dtype(np.float32))


def check_images(program: Program, pixels: NDArray[Any], channels: int) -> None:
    """`pixels` is (count, values), as they lie in memory, and so many channels are normalized."""
    sound = pixels.ndim == 2 and pixels.flags.c_contiguous and pixels.dtype in _PIXELS
    if not sound or pixels.shape[1] != product(program.input):
        should = f"and should be uint8 or float32 (count, {product(program.input)})"
        raise _unfit(f"The images are {pixels.dtype} {pixels.shape}, {should}.")
    if channels != channels_of(program.input):
        raise _unfit(f"The images are normalized in {channels} channels.")


def check_labels(program: Program, labels: Iterable[NDArray[Any]]) -> None:
    """Each is a number below that of the classes; or all answers are finite."""
    if program.outputs.answers != "class":
        return _check_answers(program, labels)
    for part in labels:
        if part.dtype != np.int32 or part.ndim != 1 or not part.flags.c_contiguous:
            raise _unfit(f"The labels are {part.dtype} {part.shape}.")
        if part.size and not 0 <= part.min() <= part.max() < program.outputs.count:
            found = f"{part.min()} to {part.max()}"
            raise _unfit(f"Labels go from {found}, and should be below {program.outputs.count}.")


def _check_answers(program: Program, labels: Iterable[NDArray[Any]]) -> None:
    count = program.outputs.count // program.outputs.each
    for part in labels:
        sound = part.dtype == np.float32 and part.ndim == 2 and part.flags.c_contiguous
        if not sound or part.shape[1] != count or not np.isfinite(part).all():
            raise _unfit(f"The answers are {part.dtype} {part.shape}.")


def check_weights(values: NDArray[Any], count: int) -> None:
    """So many finite float32."""
    if problem := problem_of(values, count):
        raise _unfit(f"The weights are {problem}.")


def problem_of(values: NDArray[Any], count: int) -> str:
    """What makes them other than `count` finite float32; "" where nothing does."""
    if values.dtype != np.float32 or values.shape != (count,) or not values.flags.c_contiguous:
        return f"{values.dtype} {values.shape}, and should be float32 ({count},)"
    return "" if np.isfinite(values).all() else "not all finite numbers"


def _unfit(detail: str) -> LenetError:
    return LenetError("this does not fit the net", detail)

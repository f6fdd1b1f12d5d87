"""huber: the slope is the difference, cut at delta."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.losses.huber import DELTA
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    each = (
        f"delta, share = {number(use[DELTA.name])}, {number(1 / outputs)}\n"
        "away = value - target\n"
        "size = absolute(away)\n"
        "least = minimum(delta, size)\n"  # NaN where the size is
        f"lost = least * fma({number(-0.5)}, least, size)\n"
    )
    return numeric_kernel(outputs, weighted, "share * lost", "share * copy_sign(least, away)", each)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    size = np.abs(outputs - targets)
    least = np.minimum(size, use[DELTA.name])
    found: Floats = (least * (size - least / 2)).mean(axis=1)
    return found


CODE = LossCode(_kernel, values=_values)

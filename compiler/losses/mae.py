"""mae: sizes, whose slope is the sign of the difference, and 0 where there is none."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    each = (
        f"share = {number(1 / outputs)}\n"
        "away = value - target\n"
        "downhill = select_less(away, zero, zero - share, zero)\n"
    )
    slope = "select_greater(away, zero, share, select_nan(away, away, downhill))"
    return numeric_kernel(outputs, weighted, "share * absolute(away)", slope, each)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    found: Floats = np.abs(outputs - targets).mean(axis=1)
    return found


CODE = LossCode(_kernel, values=_values)

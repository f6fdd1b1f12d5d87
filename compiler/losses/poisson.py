"""poisson: the slope is the difference of the expected count and the count."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    each = f"share = {number(1 / outputs)}\nexpected = exp(value)\n"
    lost = "share * (expected - target * value)"
    return numeric_kernel(outputs, weighted, lost, "share * (expected - target)", each)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    with np.errstate(over="ignore"):
        found: Floats = (np.exp(outputs) - targets * outputs).mean(axis=1)
    return found


CODE = LossCode(_kernel, values=_values)

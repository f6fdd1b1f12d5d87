"""kl: the slope is minus the right share."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import numeric_kernel
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    lost = "select_greater(target, zero, target * (log(target) - value), value * zero)"
    return numeric_kernel(outputs, weighted, lost, "zero - target")


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    logarithms = np.log(np.where(targets > 0, targets, 1.0))
    found: Floats = np.where(targets > 0, targets * (logarithms - outputs), 0.0).sum(axis=1)
    return found


CODE = LossCode(_kernel, values=_values)

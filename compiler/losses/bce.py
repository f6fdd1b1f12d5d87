"""bce: the slope is the probability of yes, minus what it should be."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.losses.bce import SMOOTH, WEIGHTS
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    smooth, weights = use[SMOOTH.name], use[WEIGHTS.name]
    each = f"share = {number(1 / outputs)}\n"
    if smooth:
        each += f"target = fma({number(1 - smooth)}, target, {number(smooth / 2)})\n"
    # log(1 + exp(x)), without what would be infinite.
    each += "rest = log(one + exp(zero - absolute(value)))\n"
    each += "no, yes = maximum(zero, value) + rest, maximum(zero, zero - value) + rest\n"
    each += "no, yes = no + value * zero, yes + value * zero\n"  # NaN stays NaN
    each += "likely = sigmoid(value)\n"
    if not weights:
        lost, slope = "(one - target) * no + target * yes", "likely - target"
        return numeric_kernel(outputs, weighted, f"share * ({lost})", f"share * ({slope})", each)
    each += f"counts = {number(weights[0])}\n"
    for k, weight in enumerate(weights[1:], 1):
        each += f"if place == {k}:\n    counts = {number(weight)}\n"
    lost = "(one - target) * no + counts * target * yes"
    slope = "(one - target) * likely - counts * target * (one - likely)"
    return numeric_kernel(outputs, weighted, f"share * ({lost})", f"share * ({slope})", each)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    smooth, weights = use[SMOOTH.name], np.array(use[WEIGHTS.name] or 1.0)
    wanted = targets * (1 - smooth) + smooth / 2
    no, yes = np.logaddexp(0, outputs), np.logaddexp(0, -outputs)
    found: Floats = ((1 - wanted) * no + weights * wanted * yes).mean(axis=1)
    return found


CODE = LossCode(_kernel, values=_values)

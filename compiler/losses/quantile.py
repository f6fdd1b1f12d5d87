"""quantile: a slope for each side of the answer."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.losses.quantile import QUANTILES
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    quantiles = use[QUANTILES.name]
    count = len(quantiles)
    below = f"below = {number(quantiles[0])}\n"
    for k, quantile in enumerate(quantiles[1:], 1):
        below += f"if place % {count} == {k}:\n    below = {number(quantile)}\n"
    each = (
        f"{below}share = {number(1 / outputs)}\n"
        "away = value - target\n"
        "above = one - below\n"
        "lost = maximum(above * away, select_nan(away, away, (zero - below) * away))\n"
        "flat = select_greater(away, zero, above, select_nan(away, away, zero))\n"
    )
    slope = "share * select_less(away, zero, zero - below, flat)"
    return numeric_kernel(outputs, weighted, "share * lost", slope, each, per_answer=count)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    quantiles = np.array(use[QUANTILES.name])
    away = outputs.reshape(*targets.shape, len(quantiles)) - targets[:, :, None]
    lost = np.maximum((1 - quantiles) * away, -quantiles * away)
    found: Floats = lost.mean(axis=(1, 2))
    return found


CODE = LossCode(_kernel, values=_values)

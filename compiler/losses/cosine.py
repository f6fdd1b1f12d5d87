"""cosine: what all places have in common is summed first."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats
_LEAST = 1e-8  # that a vector counts as long


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    before = f"""\
product, own, other = zero, zero, zero
for place in range({outputs}):
    value, target = load(arena, y + place * 16), load(arena, dy + place * 16)
    product = fma(value, target, product)
    own = fma(value, value, own)
    other = fma(target, target, other)
least = {number(_LEAST)}
own, other = maximum(least, square_root(own)), maximum(least, square_root(other))
both = one / (own * other)
cosine = product * both
back = cosine / (own * own)
"""
    lost = f"{number(1 / outputs)} - value * target * both"
    return numeric_kernel(outputs, weighted, lost, "value * back - target * both", before=before)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    def length(values: "Floats") -> "Floats":
        found: Floats = np.maximum(np.sqrt((values**2).sum(axis=1)), _LEAST)
        return found

    found: Floats = 1 - (outputs * targets).sum(axis=1) / (length(outputs) * length(targets))
    return found


CODE = LossCode(_kernel, values=_values)

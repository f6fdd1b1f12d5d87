"""mse: squares, whose slope is twice the difference."""

from typing import TYPE_CHECKING

from lenet.compiler.losses.code import LossCode
from lenet.compiler.losses.numeric import number, numeric_kernel
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats


def _kernel(outputs: int, use: Use, weighted: bool) -> str:
    share = number(1 / outputs)
    each = f"away = value - target\npart = away * {share}\n"
    return numeric_kernel(outputs, weighted, "away * part", "part + part", each)


def _values(outputs: "Floats", targets: "Floats", use: Use) -> "Floats":
    found: Floats = ((outputs - targets) ** 2).mean(axis=1)
    return found


CODE = LossCode(_kernel, values=_values)

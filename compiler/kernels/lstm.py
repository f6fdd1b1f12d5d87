"""lstm: c = f c + i g, h = o tanh(c)."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.recurrence import emit as recurrence
from lenet.compiler.kernels.recurrence.cell import Cell
from lenet.compiler.single_contract import Single

_CELL = Cell(
    gates=("i", "f", "g", "o"),
    states=("h", "c"),
    forward="i = sigmoid(a0)\nf = sigmoid(a1)\ng = tanh(a2)\no = sigmoid(a3)\n"
    "c = fma(f, c_before, i * g)\nh = o * tanh(c)\n",
    backward="one = splat(np.float32(1))\n"
    "size = tanh(c)\n"
    "whole = fma(dh * o, one - size * size, dc)\n"
    "d0 = whole * g * (i * (one - i))\n"
    "d1 = whole * c_before * (f * (one - f))\n"
    "d2 = whole * i * (one - g * g)\n"
    "d3 = dh * size * (o * (one - o))\n"
    "dh_before = zero\n"
    "dc_before = whole * f\n",
)


def emit(request: Request) -> Kernels:
    """See recurrence/emit.py."""
    return recurrence.emit(request, _CELL)


def emit_single(request: Request) -> Single:
    """One sequence."""
    return recurrence.emit_single(request, _CELL)

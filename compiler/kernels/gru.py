"""gru: h = (1 - z) n + z h, with the candidate n = tanh(W x + b + r (U h + c))."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.recurrence import emit as recurrence
from lenet.compiler.kernels.recurrence.cell import Cell
from lenet.compiler.single_contract import Single

_CELL = Cell(
    gates=("r", "z", "n", "u"),  # u is U h + c
    states=("h",),
    forward="r = sigmoid(a0)\nz = sigmoid(a1)\nu = a3\nn = tanh(fma(r, u, a2))\n"
    "h = fma(z, h_before - n, n)\n",
    backward="one = splat(np.float32(1))\n"
    "d2 = dh * (one - z) * (one - n * n)\n"
    "d0 = d2 * u * (r * (one - r))\n"
    "d1 = dh * (h_before - n) * (z * (one - z))\n"
    "d3 = d2 * r\n"
    "dh_before = dh * z\n",
    apart=True,
)


def emit(request: Request) -> Kernels:
    """See recurrence/emit.py."""
    return recurrence.emit(request, _CELL)


def emit_single(request: Request) -> Single:
    """One sequence."""
    return recurrence.emit_single(request, _CELL)

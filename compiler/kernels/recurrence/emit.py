"""The functions of a layer with a state, from those of its cell."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.recurrence import single
from lenet.compiler.kernels.recurrence.cell import Cell, Recurrence
from lenet.compiler.kernels.recurrence.forward import forward, spread
from lenet.compiler.kernels.recurrence.gradient import backward, gradient
from lenet.compiler.single_contract import Single


def emit(request: Request, cell: Cell) -> Kernels:
    """x (inputs, steps), y (units, steps) or (units). Forward and spread go from step to step, with
    all blocks of a group, for which the weights are read once; what is left is one product over all
    steps, for the gradients of the weights and for dx."""
    r = Recurrence.of(request, cell)
    along, along_scratch = forward(request, r)
    back, back_scratch = spread(request, r)
    of_weights, weights_scratch = gradient(request, r)
    return Kernels(
        forward=along,
        spread=back,
        gradient=of_weights,
        backward=backward(request, r),
        saved=r.saved,
        scratch={"forward": along_scratch, "spread": back_scratch, "gradient": weights_scratch},
        overwrites=True,
    )


def emit_single(request: Request, cell: Cell) -> Single:
    """One sequence."""
    return single.single(request, Recurrence.of(request, cell))

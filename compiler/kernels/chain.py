"""chain: activations that follow each other, put together by the pass fuse_activations."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared import elementwise
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="chain",
    summary="Activations that follow each other, in one loop.",
    example="",
    family="activation",
    elementwise=True,
    composite=True,
)


def emit(request: Request) -> Kernels:
    """One loop through all activations, which saves the values between them."""
    return elementwise.chain(request, request.node.fused)

"""chain: activations that follow each other, put together by the pass fuse_activations."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.shared import elementwise


def emit(request: Request) -> Kernels:
    return elementwise.chain(request, request.node.fused)

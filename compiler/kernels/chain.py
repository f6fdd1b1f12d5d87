"""chain: activations that follow each other, put together by the pass fuse_activations."""

from lenet.compiler import elementwise
from lenet.compiler.kernel import Kernels, Request


def emit(request: Request) -> Kernels:
    return elementwise.chain(request, request.node.fused)

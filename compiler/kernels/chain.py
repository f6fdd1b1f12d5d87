"""chain: activations that follow each other, put together by the pass fuse_activations."""

from compiler import elementwise
from compiler.kernel import Kernels, Request


def emit(request: Request) -> Kernels:
    return elementwise.chain(request, request.node.fused)

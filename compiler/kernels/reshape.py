"""reshape: nothing to do, since a map and its flattened vector lie alike in memory."""

from compiler.kernel import Kernels, Request


def emit(request: Request) -> Kernels:
    return Kernels(in_place=True)

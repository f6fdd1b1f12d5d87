"""multiply: the product of paths."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.joins import elementwise, names
from lenet.compiler.single_contract import Single, each_value
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """y = x0 * x1 * …, all of one shape; a path's gradient is dy times all the others."""
    count = len(request.node.inputs)
    body = f"for place in range(0, {product(request.node.shape) * LANES}, {LANES}):\n"
    body += "    slope = load(arena, dy + place)\n"
    body += "".join(f"    v{k} = load(arena, x{k} + place)\n" for k in range(count))
    for k in range(count):
        others = " * ".join(f"v{j}" for j in range(count) if j != k)
        body += f"    store(arena, dx{k} + place, slope * {others})\n"
    parameters = ("arena", *names("x", count), "dy", *names("dx", count))
    doc = "Each path's gradient is dy times the other paths."
    backward = Function("backward", parameters, doc, body)
    return elementwise(request, "the product", " * ", backward)


def emit_single(request: Request) -> Single:
    """Places of all paths, multiplied in the paths' order, as for a block."""
    factors = " * ".join(f"{{x{k}}}" for k in range(len(request.node.inputs)))
    return each_value(request, "y = the product of the paths.", factors)

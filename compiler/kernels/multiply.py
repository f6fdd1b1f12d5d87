"""multiply: the product of paths."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.joins import (
    Paths,
    elementwise,
    elementwise_single,
    names,
    takes_places,
)
from lenet.compiler.single_contract import Single
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

__all__ = ["emit", "emit_single", "takes_places"]


def emit(request: Request) -> Kernels:
    """y = x0 * x1 * …; a path's gradient is dy times all the others, and its sum over the places
    of a channel where the path gives one value for them."""
    count, paths = len(request.node.inputs), Paths.of(request.node)
    if paths.narrow:
        body = _by_channels(paths)
    else:
        body = f"for place in range(0, {product(request.node.shape) * LANES}, {LANES}):\n"
        body += "    slope = load(arena, dy + place)\n"
        body += "".join(f"    v{k} = load(arena, x{k} + place)\n" for k in range(count))
        for k in range(count):
            body += f"    store(arena, dx{k} + place, slope * {_others(k, count)})\n"
    parameters = ("arena", *names("x", count), "dy", *names("dx", count))
    doc = "Each path's gradient is dy times the other paths."
    backward = Function("backward", parameters, doc, body)
    return elementwise(request, "the product", " * ", backward, in_place=False)


def _others(path: int, count: int) -> str:
    return " * ".join(f"v{j}" for j in range(count) if j != path)


def _by_channels(paths: Paths) -> str:
    count = len(paths.whole) + len(paths.narrow)
    before = paths.loads(paths.narrow, "channel")
    before += "".join(f"total{k} = splat(np.float32(0))\n" for k in paths.narrow)
    inside = f"slope = load(arena, dy + place * {LANES})\n" + paths.loads(paths.whole, "place")
    for k in paths.whole:
        inside += f"store(arena, dx{k} + place * {LANES}, slope * {_others(k, count)})\n"
    for k in paths.narrow:
        inside += f"total{k} = fma(slope, {_others(k, count)}, total{k})\n"
    after = "".join(f"store(arena, dx{k} + channel * {LANES}, total{k})\n" for k in paths.narrow)
    return paths.loop(before, inside, after)


def emit_single(request: Request) -> Single:
    """Places of all paths, multiplied in the paths' order, as for a block."""
    return elementwise_single(request, "the product", " * ")

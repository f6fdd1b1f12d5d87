"""input: gathers sixteen images of a block from the data and lays them into the lanes."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import channels_of, product


def emit(request: Request) -> Kernels:
    """NAME_pack in place of NAME_forward; it returns whether all values are finite."""
    shape = request.node.shape
    channels = channels_of(shape)
    size = product(shape) // channels
    body = f"""
finite = True
for channel in range({channels}):
    finite &= pack_channel(
        arena, x + channel * {size * LANES}, pixels, rows, first, count, channel * {size}, {size},
        scale[channel], shift[channel],
    )
return finite
"""
    doc = "Images rows[first:first + count] as value * scale + shift; lanes without one are 0."
    parameters = ("arena", "pixels", "rows", "first", "count", "scale", "shift", "x")
    return Kernels(forward=Function("pack", parameters, doc, body, result="bool"))

"""input: gathers sixteen images of a block from the data and lays them into the lanes."""

from compiler.kernel import Kernels, Request, function
from dsl.messages import product


def emit(request: Request) -> Kernels:
    shape = request.node.shape
    channels = shape[0] if len(shape) == 3 else 1
    size = product(shape) // channels
    body = f"""
for lane in range(16):
    if lane < count:
        row = rows[first + lane]
        for channel in range({channels}):
            factor = scale[channel]
            start = shift[channel]
            base = x + channel * {size * 16} + lane
            for place in range({size}):
                value = np.float32(pixels[row, channel * {size} + place])
                arena[base + place * 16] = value * factor + start
    else:
        for place in range({product(shape)}):
            arena[x + place * 16 + lane] = np.float32(0)
"""
    doc = "Images rows[first:first + count] as value * scale + shift; lanes without one are 0."
    arguments = "arena, pixels, rows, first, count, scale, shift, x"
    return Kernels(forward=function(f"{request.name}_pack", arguments, doc, body))

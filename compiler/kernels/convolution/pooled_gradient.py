"""The gradient of a convolution's weights below max-pooling, summed window by window.

Where lanes can be chosen cheaply it comes straight from the pooled slopes (see
compiler/simd/products/pooled_product.py); elsewhere from all places, window by window as well:
zeros change no sum, so that the bits are the same.
"""

from dataclasses import dataclass, replace
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry, Gradient
from lenet.compiler.kernels.convolution.gradient import (
    bias_gradient,
    exceeds_cache,
    sums_by_windows,
)
from lenet.compiler.kernels.shared.elementwise import CONSTANTS
from lenet.compiler.kernels.shared.tile_source import pooled_product_source
from lenet.compiler.kernels.shared.windows import Windows
from lenet.compiler.target import LANES, Target
from lenet.dsl.shapes import product

# What a window costs beside choices and multiply-adds, and how much less than the multiply-adds of
# all places it has to cost; and the longest windows that are unrolled.
_WINDOW, _ADVANTAGE, _LONGEST = 6, 0.95, 8


def pays(g: Geometry, epilogue: Epilogue) -> bool:
    """Whether choices save more than they cost. It depends on shapes alone, so that all machines
    compute the same bits."""
    w = epilogue.byte_windows
    if g.groups > 1 or g.dilation != (1, 1):
        return False
    if w is None or max(w.window) > _LONGEST or exceeds_cache(_padded(g)):
        return False
    (high, wide), (kernel_rows, kernel_columns) = w.window, g.kernel
    rows = len({i * g.stride[0] + k for i in range(high) for k in range(kernel_rows)})
    weights = kernel_rows * kernel_columns
    cost = high * weights + (wide - 1) * rows * kernel_columns + _WINDOW
    return product(w.out) * cost < _ADVANTAGE * g.out_height * g.out_width * weights


def gradient(request: Request, g: Geometry, epilogue: Epilogue) -> Gradient:
    """Where `pays` says so: its dy is the gradient of the pooled and activated output."""
    windows = epilogue.byte_windows
    assert windows is not None
    padded = _padded(g)
    size, slopes, x, scratch = product(windows.out), "dy", "x", 0
    body = ""
    if epilogue.activations:
        slopes, scratch = "scratch", epilogue.places * LANES
        slope = "slope = load(arena, dy + place * 16)\n" + epilogue.chain.backward()
        slope += "store(arena, scratch + place * 16, slope)\n"
        body += f"{CONSTANTS}for place in range({epilogue.places}):\n" + indent(slope, "    ")
    if padded != g:
        x = "padded"
        body += f"padded = scratch + {scratch}\n" + _pad(g, padded)
        scratch += g.inputs * padded.height * padded.width * LANES
    reads = epilogue.chain.reads
    parameters = ["arena", "gradient", "w", "x", *reads, "saved", "dy", "before"]
    parameters += ["scratch"] if scratch else []
    doc, complete, products = "The gradient of the bias, and ", "", 0
    if request.target.chooses_lanes:
        doc += "sums for those of the weights"
        sums = _Sums(request.target, padded, windows)
        tiles, loops = sums.source(x, slopes)
        complete, products = sums.complete(request), sums.floats
        parameters.append("products")
    else:
        doc += "those of the weights"
        tiles, loops = sums_by_windows(request, padded, windows, x)
        parameters.append("dz")
    body += loops + bias_gradient(request, g, dy=slopes, size=size)
    doc += ", added to those so far."
    function = Function("gradient", tuple(parameters), doc, body, f"{tiles}\n\n")
    return Gradient(function, scratch, "", complete, products, pooled=True)


def _padded(g: Geometry) -> Geometry:
    """The same with its padding in memory, and what it needs below and on the right."""
    (rows, columns), (high, wide) = g.padding, g.reach
    height = max(g.height + 2 * rows, (g.out_height - 1) * g.stride[0] + high)
    width = max(g.width + 2 * columns, (g.out_width - 1) * g.stride[1] + wide)
    return replace(g, height=height, width=width, padding=(0, 0))


def _pad(g: Geometry, padded: Geometry) -> str:
    """Statements that copy x into zeros."""
    row, wide = g.width * LANES, padded.width * LANES
    corner = g.padding[0] * wide + g.padding[1] * LANES
    return (
        f"clear(arena, padded, padded + {g.inputs * padded.height * wide})\n"
        f"for channel in range({g.inputs}):\n"
        f"    for row in range({g.height}):\n"
        f"        copy(arena, padded + (channel * {padded.height} + row) * {wide} + {corner}, "
        f"x + (channel * {g.height} + row) * {row}, {row})\n"
    )


@dataclass(frozen=True)
class _Sums:
    """Tiles for each pair of an input and an output, whose sums are kept side by side until all
    images are through."""

    target: Target
    g: Geometry
    windows: Windows

    @property
    def weights(self) -> int:
        """Of a pair."""
        return product(self.g.kernel)

    @property
    def pair(self) -> int:
        """Floats for a pair: whole vectors."""
        return -(-self.weights // LANES) * LANES

    @property
    def floats(self) -> int:
        return self.g.inputs * self.g.outputs * self.pair

    def source(self, x: str, slopes: str) -> tuple[str, str]:
        """The tiles, and the loops over them."""
        g, w, size = self.g, self.windows, product(self.windows.out)
        row = g.width * LANES
        tiles = ""
        loops = f"for channel in range({g.inputs}):\n    for output in range({g.outputs}):\n"
        parts = -(-self.weights // self.target.weights(w.window[0]))
        for part in range(parts):
            first, end = self.weights * part // parts, self.weights * (part + 1) // parts
            tile = f"{NAME}_gradient_{first}_to_{end}"
            tiles += pooled_product_source(
                tile,
                first=first,
                end=end,
                kernel_columns=g.kernel[1],
                stride=g.stride,
                window=w.window,
                rows=w.out[0],
                columns=w.out[1],
                step=(w.stride[0] * g.stride[0] * row, w.stride[1] * g.stride[1] * LANES),
                x_row=row,
            )
            loops += (
                f"        {tile}(arena, {x} + channel * {g.height * row}, "
                f"{slopes} + output * {size * LANES}, saved + output * {size * LANES // 4}, "
                f"products + (channel * {g.outputs} + output) * {self.pair} + {first}, before)\n"
            )
        return tiles, loops

    def complete(self, request: Request) -> str:
        """Statements that give each weight its sum."""
        g = self.g
        return (
            f"for channel in range({g.inputs}):\n"
            f"    for output in range({g.outputs}):\n"
            f"        pair = products + (channel * {g.outputs} + output) * {self.pair}\n"
            f"        for weight in range({self.weights}):\n"
            f"            gradient[{request.offsets['weight']} + channel * {g.weight_channel} + "
            f"weight * {g.outputs} + output] = arena[pair + weight]\n"
        )

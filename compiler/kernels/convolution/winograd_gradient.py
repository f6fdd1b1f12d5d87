"""Source of a convolution's weight gradients by Winograd's transforms.

Where a tile of the output is Y = At [(G g Gt) * (Bt d B)] A, the gradient of g is
Gt [sum of (Bt d B) * (A dY At)] G: the transforms are linear, so the products of all tiles and
images are summed before the last one.
"""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import GRADIENT, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.geometry import Geometry, Gradient
from lenet.compiler.kernels.convolution.gradient import bias_gradient
from lenet.compiler.kernels.convolution.winograd_parts import POINTS, point_products, transform
from lenet.compiler.simd.products.sizes import (
    winograd_gradient_strip,
    winograd_products_are_many,
    winograd_tiles,
)
from lenet.compiler.target import BLOCKS, LANES, split

# With few tiles in a block, and products that are more than a cache holds, all blocks of a group
# are taken together: the products so far are read and written once for them.
_FEW = 16


@dataclass(frozen=True)
class _Layout:
    """Transformed inputs and slopes of a strip are [point][block][channel][tile][lane], products
    [point][in][out]. The points are a cache line further apart than they need: see
    compiler/kernels/convolution/winograd.py."""

    g: Geometry

    @property
    def tiles(self) -> tuple[int, int]:
        return winograd_tiles(self.g.out_height, self.g.out_width, self.g.kernel[0])

    @property
    def blocks(self) -> int:
        few = self.tiles[0] * self.tiles[1] < _FEW
        return BLOCKS if few and winograd_products_are_many(self.g.inputs, self.g.outputs) else 1

    @property
    def strip(self) -> int:
        """Rows of tiles that are transformed and multiplied at a time."""
        return winograd_gradient_strip(*self.tiles, self.g.inputs, self.g.outputs)

    @property
    def count(self) -> int:
        """Tiles of a strip."""
        return self.strip * self.tiles[1]

    @property
    def x_block(self) -> int:
        """Floats from a block's transformed inputs of a point to the next one's."""
        return self.count * self.g.inputs * LANES

    @property
    def dy_block(self) -> int:
        return self.count * self.g.outputs * LANES

    @property
    def x_point(self) -> int:
        return self.blocks * self.x_block + LANES

    @property
    def dy_point(self) -> int:
        return self.blocks * self.dy_block + LANES

    @property
    def product_point(self) -> int:
        return -(-self.g.inputs * self.g.outputs // LANES) * LANES + LANES

    @property
    def scratch(self) -> int:
        """Of a block."""
        floats = POINTS * (self.x_point + self.dy_point) + LANES
        return -(-floats // self.blocks)


def gradient(request: Request, g: Geometry) -> Gradient:
    """Products of the transformed x and dy, summed over the images of a slice; what completes them
    transforms them back."""
    layout = _Layout(g)
    together = layout.blocks > 1
    name, target = f"{NAME}_gradient", request.target
    multiply, ends = point_products("gradient_products", target, g.inputs, g.outputs, layout.count)
    shared = {"register": target.width, "kernel": g.kernel[0], "columns": layout.tiles[1]}
    inputs = {**shared, "height": g.height, "width": g.width, "padding": g.padding}
    slopes = {**shared, "height": g.out_height, "width": g.out_width}
    sources = [
        transform("gradient_inputs", "transform_input", **inputs),
        transform("gradient_slopes", "transform_slopes", **slopes),
        multiply,
    ]
    head = (
        f"slopes = scratch + {POINTS * layout.x_point}\n"
        f"zeros = slopes + {POINTS * layout.dy_point}\n"
        f"store(arena, zeros, splat(np.float32(0)))\n"
    )
    body = _transforms(name, layout) + (
        f"{name}_products(arena, scratch, {layout.x_point}, {layout.x_block}, slopes, "
        f"{layout.dy_point}, {layout.dy_block}, products, {layout.product_point}, "
        f"{'blocks' if together else 1}, {g.outputs}, "
        f"{'first' if together else 'before + strip'}, {ends})\n"
    )
    rows = layout.tiles[0]
    body = head + f"for strip in range(0, {rows}, {layout.strip}):\n" + indent(body, "    ")
    body += bias_gradient(request, g, together)
    doc = "The gradient of the bias, and products for those of the weights, added to those so far."
    images = ("blocks", "first") if together else ("before",)
    parameters = (*GRADIENT, "scratch", "products", *images)
    function = Function("gradient", parameters, doc, body, "\n\n".join(sources) + "\n\n")
    tiles, complete = _complete(request, layout)
    return Gradient(function, layout.scratch, tiles, complete, POINTS * layout.product_point)


def _transforms(name: str, layout: _Layout) -> str:
    """Lines that transform the inputs and the slopes of one block, or of all blocks of a group."""
    g, body = layout.g, ""
    for what, channels, shape, array, to, point, made in (
        ("inputs", g.inputs, (g.height, g.width), "x", "scratch", layout.x_point, layout.x_block),
        ("slopes", g.outputs, (g.out_height, g.out_width), "dy", "slopes", layout.dy_point,
         layout.dy_block),
    ):  # fmt: skip
        if layout.blocks > 1:
            array += f" + block * {channels * shape[0] * shape[1] * LANES}"
            to += f" + block * {made}"
        body += (
            f"{name}_{what}(arena, {array}, {channels}, {to}, {point}, zeros, strip, "
            f"{layout.strip})\n"
        )
    return "for block in range(blocks):\n" + indent(body, "    ") if layout.blocks > 1 else body


def _complete(request: Request, layout: _Layout) -> tuple[str, str]:
    """Tiles and loops that transform the products of all images."""
    g, tiles = layout.g, ""
    loops = f"for channel in range({g.inputs}):\n"
    for first, size, parts in split(g.outputs, request.target.width):
        tile = f"{NAME}_complete_{size}"
        tiles += f"{tile} = transform_products({g.kernel[0]}, {size})\n"
        loops += (
            f"    for output in range({first}, {first + size * parts}, {size}):\n"
            f"        {tile}(arena, products + channel * {g.outputs} + output, "
            f"{layout.product_point}, gradient, {request.offsets['weight']} + "
            f"channel * {g.weight_channel} + output, {g.weight_row}, {g.outputs})\n"
        )
    return tiles, loops

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
from lenet.compiler.kernels.convolution.winograd import POINTS
from lenet.compiler.kernels.shared.tile_source import lines, outer_product_source
from lenet.compiler.simd.products.sizes import (
    winograd_gradient_strip,
    winograd_products_are_many,
    winograd_tiles,
)
from lenet.compiler.target import BLOCKS, LANES, Target, split

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
    def x_point(self) -> int:
        return self.blocks * self.count * self.g.inputs * LANES + LANES

    @property
    def dy_point(self) -> int:
        return self.blocks * self.count * self.g.outputs * LANES + LANES

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
    tiles, transforms = _transforms(request, layout)
    if together:
        transforms = "for block in range(blocks):\n" + indent(transforms, "    ")
    head = (
        f"slopes = scratch + {POINTS * layout.x_point}\n"
        f"zeros = slopes + {POINTS * layout.dy_point}\n"
        f"store(arena, zeros, splat(np.float32(0)))\n"
    )
    body = f"{transforms}for point in range({POINTS}):\n"
    for first_channel, channels, channel_parts in split(g.inputs, request.target.lefts):
        body += (
            f"    for channel in range({first_channel}, "
            f"{first_channel + channels * channel_parts}, {channels}):\n"
        )
        for first, rights, parts in split(g.outputs, request.target.rights(channels)):
            tile = f"{NAME}_gradient_{channels}x{rights}"
            tiles += _outer_source(tile, request.target, layout, channels, rights)
            body += (
                f"        for output in range({first}, {first + rights * parts}, {rights}):\n"
                f"            {tile}(arena, scratch + point * {layout.x_point} + "
                f"channel * {layout.count * LANES}, arena, slopes + point * {layout.dy_point} + "
                f"output * {layout.count * LANES}, 0, "
                f"{'blocks' if together else 1}, arena, "
                f"products + point * {layout.product_point} + channel * {g.outputs} + output, "
                f"{'first' if together else 'before + strip'})\n"
            )
    rows = layout.tiles[0]
    body = head + f"for strip in range(0, {rows}, {layout.strip}):\n" + indent(body, "    ")
    body += bias_gradient(request, g, together)
    doc = "The gradient of the bias, and products for those of the weights, added to those so far."
    images = ("blocks", "first") if together else ("before",)
    parameters = (*GRADIENT, "scratch", "products", *images)
    function = Function("gradient", parameters, doc, body, f"{tiles}\n\n")
    tiles, complete = _complete(request, layout)
    return Gradient(function, layout.scratch, tiles, complete, POINTS * layout.product_point)


def _outer_source(
    tile: str, target: Target, layout: _Layout, lefts: int, rights: int
) -> str:  # fmt: skip
    """Some inputs and outputs of one point: its columns are all tiles, its rows blocks."""
    channel = layout.count * LANES
    return outer_product_source(
        tile,
        width=target.width,
        lefts=tuple((left * channel, left * layout.g.outputs) for left in range(lefts)),
        rights=rights,
        edges=(),
        columns=layout.count,
        x_start=0,
        dy_start=0,
        x_row=layout.g.inputs * channel,
        x_column=LANES,
        dy_row=layout.g.outputs * channel,
        dy_column=LANES,
        dy_right=channel,
        g_row=0,
        kernel_rows=1,
        strip=0,
        step=1,
        padding=0,
        height=BLOCKS,
        full=target.is_full(lefts, rights),
    )


def _transforms(request: Request, layout: _Layout) -> tuple[str, str]:
    """Of the inputs and the slopes of one block."""
    g, name = layout.g, f"{NAME}_gradient"
    columns = layout.tiles[1]
    source = body = ""
    for what, index, channels, shape, padding, array, to, point in (
        ("input", "channel", g.inputs, (g.height, g.width), g.padding, "x", "scratch",
         layout.x_point),
        ("slopes", "output", g.outputs, (g.out_height, g.out_width), (0, 0), "dy", "slopes",
         layout.dy_point),
    ):  # fmt: skip
        settings: dict[str, object] = {
            "register": request.target.width,
            "kernel": g.kernel[0],
            "height": shape[0],
            "width": shape[1],
            "columns": columns,
            "padding": padding,
        }
        source += f"{name}_{what} = transform_{what}(Tiles(\n{lines(settings)}))\n"
        block = ("", "")
        if layout.blocks > 1:
            size, made = channels * shape[0] * shape[1] * LANES, layout.count * channels * LANES
            block = (f" + block * {size}", f" + block * {made}")
        body += (
            f"for {index} in range({channels}):\n"
            f"    {name}_{what}(arena, {array}{block[0]} + {index} * {shape[0] * shape[1] * LANES},"
            f" {to}{block[1]} + {index} * {layout.count * LANES}, {point}, zeros, "
            f"strip, {layout.strip})\n"
        )
    return source, body


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

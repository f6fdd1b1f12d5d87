"""The gradient of a convolution's weights: loops around outer products."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import GRADIENT, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.geometry import Geometry, Gradient, in_groups
from lenet.compiler.kernels.shared.tile_source import outer_product_source
from lenet.compiler.kernels.shared.windows import Windows
from lenet.compiler.target import LANES, Target, split

# Floats that a second-level cache holds, and of a strip; and the columns of a strip, which are to
# be many beside a tile's sums over lanes.
_CACHE, _STRIP, _COLUMNS = 2**19, 2**17, 128
# Lines of a first-level cache, one for the sixteen images of a place; and so many that it pays to
# take them in parts.
_LINES, _MANY_LINES = 512, 1024


@dataclass(frozen=True)
class _Strip:
    """Some rows of dy at a time, and the rows of x that they meet.

    Each tile reads some maps from end to end, and all tiles together read all of them many times:
    where they are more than a second-level cache holds, a strip of them is copied into one place
    and used up before the next.
    """

    g: Geometry
    windows: Windows  # whose places dy is gone through
    x: str
    dy: str
    weights: str

    @property
    def cut(self) -> bool:
        return exceeds_cache(self.g)

    @property
    def rows(self) -> int:
        g = self.g
        row = (g.inputs * g.stride[0] * g.width + g.outputs * g.out_width) * LANES
        return min(g.out_height, max(_STRIP // row, -(-_COLUMNS // g.out_width)))

    @property
    def x_rows(self) -> int:
        return (self.rows - 1) * self.g.stride[0] + self.g.reach[0]

    # Steps from one map to the next.

    @property
    def x_channel(self) -> int:
        g = self.g
        return (self.x_rows * g.width + 1 if self.cut else g.height * g.width) * LANES

    @property
    def dy_channel(self) -> int:
        g = self.g
        return (self.rows * g.out_width + 1 if self.cut else g.out_height * g.out_width) * LANES

    @property
    def scratch(self) -> int:
        return self.g.inputs * self.x_channel + self.g.outputs * self.dy_channel if self.cut else 0

    def loop(self, body: str) -> str:
        """`body` for all strips."""
        if not self.cut:
            return body
        g, row = self.g, self.g.width * LANES
        copies = (
            f"last_row = min(strip + {self.rows}, {g.out_height})\n"
            f"for output in range({g.outputs}):\n"
            f"    copy(arena, slopes + output * {self.dy_channel}, "
            f"{self.dy} + (output * {g.out_height} + strip) * {g.out_width * LANES}, "
            f"(last_row - strip) * {g.out_width * LANES})\n"
            f"upper = strip * {g.stride[0]} - {g.padding[0]}\n"
            f"top = max(0, upper)\n"
            f"bottom = min({g.height}, upper + {self.x_rows})\n"
            f"for channel in range({g.inputs}):\n"
            f"    copy(arena, scratch + channel * {self.x_channel} + (top - upper) * {row}, "
            f"{self.x} + (channel * {g.height} + top) * {row}, (bottom - top) * {row})\n"
        )
        return (
            f"slopes = scratch + {g.inputs * self.x_channel}\n"
            f"for strip in range(0, {g.out_height}, {self.rows}):\n" + indent(copies + body, "    ")
        )

    def places(self, tap: int) -> str:
        """Arguments of a tile: where x and dy lie for `channel` and `output`, and the rows."""
        g, left = self.g, tap * self.g.dilation[1] - self.g.padding[1]
        if not self.cut:
            return (
                f"arena, {self.x} + ((channel * {g.height} - {g.padding[0]}) * {g.width} + {left})"
                f" * {LANES}, arena, {self.dy} + output * {self.dy_channel}, 0, "
                f"{self.windows.out[0]}"
            )
        return (
            f"arena, scratch + channel * {self.x_channel} + {left * LANES}, "
            f"arena, slopes + output * {self.dy_channel}, strip, last_row"
        )


def exceeds_cache(g: Geometry) -> bool:
    """Whether its maps are more than a second-level cache holds."""
    floats = g.inputs * g.height * g.width + g.outputs * g.out_height * g.out_width
    return floats * LANES > _CACHE


def gradient(request: Request, g: Geometry) -> Gradient:
    """Sums over all places of a block, strip by strip where the maps exceed a cache."""
    strip, tiles, body = sums_of_weights(request, g)
    body += bias_gradient(request, g)
    doc = "The gradients of the weights and the bias, added to those so far."
    parameters = (*GRADIENT, "before", *(["scratch"] if strip else []))
    function = Function("gradient", parameters, doc, body, f"{tiles}\n\n")
    return Gradient(function, strip)


def sums_of_weights(
    request: Request, g: Geometry, names: tuple[str, str] = ("x", "dy")
) -> tuple[int, str, str]:
    """The floats of scratch, the tiles and the loops for all weights; `names` are what the function
    calls maps like the convolution's input and maps like its output."""
    places = {
        "x": (names[0], g.x_group), "dy": (names[1], g.y_group),
        "weights": (request.offsets["weight"], g.outputs),
    }  # fmt: skip
    at, head = in_groups(g, **places)
    windows = Windows.of_places((g.outputs, g.out_height, g.out_width))
    strip = _Strip(g, windows, at["x"], at["dy"], at["weights"])
    tiles, body = _sums(request, strip)
    body = strip.loop(body)
    return strip.scratch, tiles, head + indent(body, "    ") if head else body


def sums_by_windows(request: Request, g: Geometry, windows: Windows, x: str) -> tuple[str, str]:
    """Tiles and loops for all weights: sums over the places of dz window by window. Nothing may be
    padded, or exceed the cache."""
    return _sums(request, _Strip(g, windows, x, "dz", request.offsets["weight"]))


def _sums(request: Request, strip: _Strip) -> tuple[str, str]:
    g, name, weight = strip.g, f"{NAME}_gradient", strip.weights
    source = body = ""
    before = "before + strip" if strip.cut else "before"
    for start, taps, tap_parts in split(g.kernel[1], request.target.lefts):
        most_channels = max(1, request.target.lefts // taps)
        for first_channel, channels, channel_parts in split(g.inputs, most_channels):
            body += (
                f"for channel in range({first_channel}, "
                f"{first_channel + channels * channel_parts}, {channels}):\n"
            )
            lefts = tuple(
                (
                    c * strip.x_channel + k * g.dilation[1] * LANES,
                    c * g.weight_channel + k * g.all_outputs,
                )
                for c in range(channels)
                for k in range(taps)
            )
            rights_most = request.target.rights(len(lefts))
            for first_output, rights, output_parts in split(g.outputs, rights_most):
                body += (
                    f"    for output in range({first_output}, "
                    f"{first_output + rights * output_parts}, {rights}):\n"
                )
                for part in range(tap_parts):
                    tap = start + part * taps
                    tile = f"{name}_{len(lefts)}x{rights}_at_{tap}"
                    source += _outer_source(
                        tile, strip, request.target, lefts, rights, tap, taps, channels
                    )
                    body += (
                        f"        {tile}({strip.places(tap)}, gradient, "
                        f"{weight} + channel * {g.weight_channel} + {tap * g.all_outputs} + "
                        f"output, {before})\n"
                    )
    return source, body


def bias_gradient(
    request: Request, g: Geometry, of_group: bool = False, dy: str = "dy", size: int = 0
) -> str:
    """Statements: of one block, or of all blocks of a group; `size` are the values of a map of dy,
    if they are not the places of the output."""
    outputs, size = g.all_outputs, size or g.out_height * g.out_width
    return bias_sums(request, outputs, size, of_group, dy)


def bias_sums(
    request: Request, outputs: int, size: int, of_group: bool = False, dy: str = "dy"
) -> str:
    """The same of `outputs` maps of `size` values each."""
    if "bias" not in request.offsets:
        return ""
    bias = f"gradient[{request.offsets['bias']} + output]"
    body = (
        f"for output in range({outputs}):\n"
        f"    total = {bias} if {'first' if of_group else 'before'} else np.float32(0)\n"
    )
    if not of_group:
        return (
            f"{body}    {bias} = total + sum_all(arena, {dy} + output * {size * LANES}, {size})\n"
        )
    return (
        f"{body}    for block in range(blocks):\n"
        f"        total += sum_all(arena, dy + (block * {outputs} + output) * {size * LANES}, "
        f"{size})\n"
        f"    {bias} = total\n"
    )


def _rows_at_once(strip: _Strip, target: Target, channels: int, rights: int) -> int:
    """Rows of windows whose places, with those of x that they meet, the first-level cache holds; 0
    for all, where these are few or each line is read once."""
    g, (high, _), (step, _) = strip.g, strip.windows.window, strip.windows.stride
    x_row, dy_row = channels * g.width, rights * g.out_width
    many = x_row * g.height + dy_row * g.out_height > _MANY_LINES
    if not many or g.kernel[0] * target.parts == 1:
        return 0
    lines = _LINES - x_row * (g.reach[0] + (high - 1 - step) * g.stride[0])
    return max(1, lines // (step * (x_row * g.stride[0] + dy_row)))


def _outer_source(
    tile: str, strip: _Strip, target: Target, lefts: tuple[tuple[int, int], ...], rights: int,
    tap: int, taps: int, channels: int,
) -> str:  # fmt: skip
    """The tile for kernel columns [tap, tap + taps) of some input channels."""
    g, windows = strip.g, strip.windows
    (down, right), (high, wide) = windows.stride, windows.window
    stride, padding = right * g.stride[1], g.padding[1]

    def inside(column: int, k: int) -> bool:
        return 0 <= column * stride - padding + (tap + k) * g.dilation[1] < g.width

    edges, whole = [], []
    for column in range(windows.out[1]):
        counted = [k for k in range(taps) if inside(column, k)]
        if len(counted) == taps:
            whole.append(column)
        elif counted:
            members = tuple(c * taps + k for c in range(channels) for k in counted)
            edges.append((column * stride * LANES, column * right * LANES, members))
    first = whole[0] if whole else 0
    values = {
        "width": target.width,
        "lefts": lefts,
        "rights": rights,
        "edges": tuple(edges),
        "columns": len(whole),
        "x_start": first * stride * LANES,
        "dy_start": first * right * LANES,
        "x_row": down * g.stride[0] * g.width * LANES,
        "x_column": stride * LANES,
        "dy_row": down * g.out_width * LANES,
        "dy_column": right * LANES,
        "dy_right": strip.dy_channel,
        "g_row": g.weight_row,
        "kernel_rows": g.kernel[0],
        "strip": _rows_at_once(strip, target, channels, rights),
        "step": down * g.stride[0],
        "padding": g.padding[0],
        "height": g.height,
        "full": target.is_full(len(lefts), rights),
    }
    if g.dilation[0] > 1:
        values["apart"] = g.dilation[0]
    if g.hangs and not g.padding[0]:
        values["hangs"] = True
    if high * wide > 1:
        values["places"] = tuple(
            ((i * g.stride[0] * g.width + j * g.stride[1]) * LANES, (i * g.out_width + j) * LANES)
            for i in range(high)
            for j in range(wide)
        )
    return outer_product_source(tile, **values)

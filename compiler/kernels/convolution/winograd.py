"""Source of a convolution by Winograd's transforms: forward, and backward to its input."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.kernels.convolution.winograd_parts import (
    POINTS,
    products,
    transform,
    transform_back,
)
from lenet.compiler.simd.products.sizes import WINOGRAD as SIZE
from lenet.compiler.simd.products.sizes import winograd_strip, winograd_tiles
from lenet.compiler.target import LANES, split

Runs = Sequence[tuple[int, int, int]]


@dataclass(frozen=True)
class Transformed:
    """One direction: `inputs` maps of `given` height x width become `outputs` maps of `out`.

    The first tap of the kernel from the first channel to the first output is `first` floats behind
    the expression `weights`; w_channel, w_output, w_row and w_tap lead to others.
    """

    inputs: int
    given: tuple[int, int]
    outputs: int
    out: tuple[int, int]
    kernel: int
    padding: tuple[int, int]
    weights: str
    first: int
    w_channel: int
    w_output: int
    w_row: int
    w_tap: int
    bias: str | None = None

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles that cover the output."""
        return winograd_tiles(*self.out, self.kernel)

    @property
    def step(self) -> int:
        """Rows and columns of the output that a tile gives."""
        return SIZE - self.kernel + 1

    @property
    def strip(self) -> int:
        """Rows of tiles that are transformed, multiplied and transformed back at a time."""
        return winograd_strip(*self.tiles, self.inputs + self.outputs)

    @property
    def count(self) -> int:
        """Tiles of a strip."""
        return self.strip * self.tiles[1]

    # Each point has a cache line more than it needs: a distance of a power of two would map the
    # 36 streams of a transform to the same few places of the cache.

    @property
    def v_point(self) -> int:
        """Floats from a point of the transformed input to the next."""
        return self.inputs * self.count * LANES + LANES

    @property
    def m_point(self) -> int:
        """The same of the products."""
        return self.outputs * self.count * LANES + LANES

    @property
    def u_point(self) -> int:
        """The same of the transformed weights."""
        return -(-self.inputs * self.outputs // LANES) * LANES + LANES

    @property
    def scratch(self) -> int:
        """Transformed input and output of a strip, and sixteen zeros."""
        return POINTS * (self.v_point + self.m_point) + LANES

    def scratch_with(self, epilogue: Epilogue | None) -> int:
        """The same and, before an epilogue, one channel of the output, or all of them."""
        if epilogue is None:
            return self.scratch
        maps = 1 if self.finishes_in_strips(epilogue) else self.outputs
        return self.scratch + maps * self.out[0] * self.out[1] * LANES

    def finishes_in_strips(self, epilogue: Epilogue) -> bool:
        """Whether the epilogue needs no rows of another strip for what it makes of one."""
        whole = self.strip == self.tiles[0]
        return whole or (not epilogue.shares and self.strip * self.step % epilogue.step == 0)

    @property
    def prepared(self) -> int:
        """Transformed weights, [point][output of a tile][input]; the same for all blocks."""
        return POINTS * self.u_point


def forward_of(request: Request, g: Geometry) -> Transformed:
    """From a convolution's input to its output."""
    return Transformed(
        g.inputs, (g.height, g.width), g.outputs, (g.out_height, g.out_width), g.kernel[0],
        g.padding, request.offsets["weight"], 0, g.weight_channel, 1, g.weight_row, g.outputs,
        request.offsets.get("bias"),
    )  # fmt: skip


def convolution(
    request: Request, suffix: str, t: Transformed, parameters: tuple[str, ...], x: str, y: str,
    epilogue: Epilogue | None = None,
) -> Function:  # fmt: skip
    """The function NAME_suffix; `x` and `y` name its input and output among the parameters.

    An epilogue takes one channel of the output at a time, as soon as it can.
    """
    name, target = f"{NAME}_{suffix}", request.target
    shared = {"register": target.width, "kernel": t.kernel, "columns": t.tiles[1]}
    given = {**shared, "height": t.given[0], "width": t.given[1], "padding": t.padding}
    out = {**shared, "height": t.out[0], "width": t.out[1]}
    multiply, ends = products(f"{suffix}_products", target, t.outputs, t.count)
    sources = [
        transform(f"{suffix}_into", "transform_input", **given),
        multiply,
        transform_back(f"{suffix}_from", t.bias is not None, **out),
    ]
    head = (
        f"products = scratch + {POINTS * t.v_point}\n"
        f"zeros = products + {POINTS * t.m_point}\n"
        f"store(arena, zeros, splat(np.float32(0)))\n"
    )
    body = (
        f"{name}_into(arena, {x}, {t.inputs}, scratch, {t.v_point}, zeros, strip, "
        f"{t.strip})\n"
        f"{name}_products(arena, scratch, {t.v_point}, ready, prepared, "
        f"{t.u_point}, products, "
        f"{t.m_point}, {t.inputs}, {ends})\n"
    )
    after = ""
    if epilogue is None:
        body += _back(name, t, y)
    else:
        sources.append(epilogue.finish(t.out[0]))
        parameters += ("saved",)
        to, finish = f"zeros + {LANES}", _finish(t, epilogue)
        each = f"for output in range({t.outputs}):\n"
        if t.finishes_in_strips(epilogue):
            body += f"{each}    {_back(name, t, to, 'output')}    {finish}"
        else:
            body += _back(name, t, to)
            after = f"{each}    {finish}"
    strips = f"for strip in range(0, {t.tiles[0]}, {t.strip}):\n"
    body = head + strips + indent(body, "    ") + after
    doc = f"{y} by Winograd's F({t.step}x{t.step}, {t.kernel}x{t.kernel})."
    parameters += ("scratch", "ready", "prepared")
    return Function(suffix, parameters, doc, body, "\n\n".join(sources) + "\n\n")


def _back(name: str, t: Transformed, to: str, output: str = "") -> str:
    """The line that transforms a strip of all outputs back, or of one."""
    m, bias, count = "products", t.bias or "0", t.outputs
    if output:
        m, bias, count = f"{m} + {output} * {t.count * LANES}", f"{bias} + {output}", 1
    return (
        f"{name}_from(arena, weights, {m}, {t.m_point}, {bias}, {to}, {count}, strip, {t.strip})\n"
    )


def _finish(t: Transformed, epilogue: Epilogue) -> str:
    """The line that takes an output from before the epilogue: a strip of it, or all."""
    size, rows = t.out[0] * t.out[1], epilogue.out[1]
    z, which = f"zeros + {LANES}", f"0, {rows}"
    if not t.finishes_in_strips(epilogue):
        z += f" + output * {size * LANES}"
    elif t.strip < t.tiles[0]:
        first = f"strip * {t.step} // {epilogue.step}"
        z += f" + strip * {t.step * t.out[1] * LANES}"
        which = f"{first}, min({t.strip * t.step // epilogue.step}, {rows} - {first})"
    return f"{NAME}_finish(arena, {z}, {size}, y, saved, output, 1, {which})\n"


def preparation(
    request: Request, suffix: str, t: Transformed, runs: Runs | None = None
) -> Function:  # fmt: skip
    """The function NAME_suffix_prepare, which transforms the weights. Those of a tile's outputs lie
    in one piece; `runs` are (first output, outputs of a tile, tiles), if not the usual ones."""
    name, beside = f"{suffix}_prepare", t.w_output == 1
    tiles, body = "", f"start = {t.weights} + first\n"
    numbers = [
        ("first", t.first), ("inputs", t.inputs), ("channel_step", t.w_channel),
        ("output_step", t.w_output), ("row_step", t.w_row), ("tap_step", t.w_tap),
        ("point", t.u_point),
    ]  # fmt: skip
    if runs is None:
        runs = split(t.outputs, request.target.tile(t.outputs, t.count)[0])
    for k, (first, size, parts) in enumerate(runs):
        numbers += [(f"output{k}", first), (f"tiles{k}", parts)]
        tile = f"{NAME}_{name}_{size}"
        tiles += f"{tile} = transform_weights({t.kernel}, {size}, {beside})\n"
        begin = f"output{k} + tiles{k} * piece // pieces * {size}"
        end = f"output{k} + tiles{k} * (piece + 1) // pieces * {size}"
        body += (
            f"for output in range({begin}, {end}, {size}):\n"
            "    for channel in range(inputs):\n"
            f"        {tile}(weights, start + channel * channel_step + output * output_step, "
            "output_step, row_step, tap_step, arena, "
            f"prepared + output * inputs + channel * {size}, point)\n"
        )
    doc = "The transformed weights, once for each new set of weights."
    parameters = ("arena", "weights", "w", "prepared", "piece", "pieces")
    return Function(name, parameters, doc, body, f"{tiles}\n\n", numbers=tuple(numbers))

"""The gradient of a depthwise convolution's weights: a channel at a time, the sums of all taps, or
of as many rows of the kernel as there are registers for, in one pass over its maps."""

from itertools import groupby

from lenet.compiler.contract import GRADIENT, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution.correlation_row import column_tiles, runs_of
from lenet.compiler.kernels.convolution.geometry import Geometry, Gradient
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.target import LANES, split

_MOST_COLUMNS, _LEAST_COLUMNS = 8, 2


def gradient(request: Request, g: Geometry) -> Gradient:
    """Where each group is a channel; of the bias as well."""
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    registers = request.target.registers - 2  # an input, and the sum of the bias
    most_rows = max(1, (registers - _LEAST_COLUMNS) // g.kernel[1])
    source, body = "", f"for output in range({g.all_outputs}):\n"
    plane = g.height * g.width * LANES
    channel = "output" if g.outputs == 1 else f"output // {g.outputs}"
    for first, count, parts in split(g.kernel[0], most_rows):
        columns = max(1, min(_MOST_COLUMNS, registers - count * g.kernel[1]))
        for part in range(parts):
            kernel_row = first + part * count
            tile = f"{NAME}_gradient_from_{kernel_row}"
            settings: dict[str, object] = {
                "width": request.target.width,
                "rows": _rows(g, kernel_row, count),
                "columns": _columns(g, columns),
                "weights": tuple(
                    tuple(i * g.weight_row + k * g.all_outputs for k in range(g.kernel[1]))
                    for i in range(count)
                ),
                "x_row": g.stride[0] * g.width * LANES,
                "x_kernel_row": g.dilation[0] * g.width * LANES,
                "dy_row": g.out_width * LANES,
                "bias": bias is not None and kernel_row == 0,
            }
            source += f"{tile} = depthwise_product(DepthwiseProduct(\n{lines(settings)}))\n"
            above = kernel_row * g.dilation[0] - g.padding[0]
            body += (
                f"    {tile}(arena, x + {channel} * {plane} + "
                f"{(above * g.width - g.padding[1]) * LANES}, "
                f"arena, dy + output * {g.out_height * g.out_width * LANES}, gradient, "
                f"{weight} + {kernel_row * g.weight_row} + output, {bias or 0} + output, before)\n"
            )
    doc = "The gradients of the weights and the bias, added to those so far."
    parameters = (*GRADIENT, "before")
    return Gradient(Function("gradient", parameters, doc, body, f"{source}\n\n"))


def _rows(g: Geometry, first: int, count: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Runs of rows of the output in which the same of `count` kernel rows lie on the map."""

    def met(row: int) -> tuple[int, ...]:
        top = row * g.stride[0] - g.padding[0]
        places = (top + (first + i) * g.dilation[0] for i in range(count))
        return tuple(i for i, place in enumerate(places) if 0 <= place < g.height)

    runs = groupby(met(row) for row in range(g.out_height))
    return tuple((len(list(rows)), kernel_rows) for kernel_rows, rows in runs)


def _columns(g: Geometry, most: int) -> tuple[tuple[object, ...], ...]:
    """The tiles of a row: see DepthwiseProduct."""
    tiles = []
    for start, columns in column_tiles(g.out_width, most):
        left = start * g.stride[1]
        taps = tuple(
            (j, j * g.stride[1] + k * g.dilation[1], k)
            for k in range(g.kernel[1])
            for j in range(columns)
            if 0 <= left - g.padding[1] + j * g.stride[1] + k * g.dilation[1] < g.width
        )
        tiles.append((start, columns, left, taps))
    return tuple(
        (
            run.source * LANES, run.start * LANES, run.columns, run.taps, run.count,
            run.source_step * LANES, run.step * LANES,
        )
        for run in runs_of(tiles)
    )  # fmt: skip

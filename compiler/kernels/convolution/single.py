"""A convolution of one image: the lanes are columns of its output, or channels
(places_single.py)."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.convolution import of_words, places_single
from lenet.compiler.kernels.convolution.direct import in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry, in_groups
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.kernels.shared.words import INTEGER, single_settings
from lenet.compiler.single_contract import (
    Padded,
    Single,
    single_function,
    vectors_of,
)
from lenet.compiler.target import LANES, split
from lenet.dsl.padding import sides_of


@dataclass(frozen=True)
class _Conv:
    """`places` are what names the places of a group."""

    g: Geometry
    padded: Padded
    places: dict[str, str]

    @property
    def plane(self) -> int:
        return self.padded.height * self.padded.width

    @property
    def weights(self) -> tuple[int, int, int]:
        """Steps in the weights to the next channel, row and column."""
        return self.g.weight_channel, self.g.weight_row, self.g.all_outputs

    @property
    def input(self) -> tuple[int, int, int]:
        """The same in the padded input."""
        down, across = self.g.dilation
        return self.plane, down * self.padded.width, across


def emit(request: Request, g: Geometry) -> Single:
    """The lanes are what wastes fewer of them: columns of a row, or channels of a place."""
    if not by_columns(g):
        return places_single.emit(request, g)
    node = request.node
    apart = g.stride[1]
    padded = Padded.of(node.given, sides_of(node.arguments["pad"]), "np.float32(0)", apart)
    if INTEGER in node.arguments:
        g, padded = of_words.of_one_image(request, g, padded)
    bias = request.offsets.get("bias", "0")
    places, head = in_groups(
        g,
        x=(padded.at, g.inputs * padded.height * padded.width),
        y=("y", g.outputs * g.out_height * g.out_width),
        weights=(request.offsets["weight"], g.outputs),
        bias=(bias, g.outputs),
    )
    conv = _Conv(g, padded, places)
    tiles, body, doc = _by_columns(request, conv)
    body = head + indent(body, "    ") if head else body
    function = single_function(doc, padded.source + body, tiles=f"{tiles}\n\n")
    return Single(function, padded.scratch)


def makes_places(outputs: int) -> bool:
    """Whether so many channels lie by places, whatever the map is."""
    return outputs >= 2 * LANES


def by_columns(g: Geometry) -> bool:
    """Whether columns waste fewer lanes, where there are few channels: of sixteen, so that the
    memory plan does not depend on the processor. Neighbours in a vector are neighbours in x, too,
    unless a copy of x has to bring them together, which groups of few channels are worth."""
    if makes_places(g.outputs) or g.stride[1] != 1 and (g.groups == 1 or g.outputs * 2 > LANES):
        return False
    wasted = [len(vectors_of(count, LANES)) * LANES / count for count in (g.out_width, g.outputs)]
    return wasted[0] <= wasted[1]


def _by_columns(request: Request, conv: _Conv) -> tuple[str, str, str]:
    g, target, padded, at = conv.g, request.target, conv.padded, conv.places
    inputs, outputs, height, width = g.inputs, g.outputs, g.out_height, g.out_width
    stride = g.stride[0]
    row_vectors = vectors_of(width, target.width)
    high, wide = target.tile(outputs, min(8, height * len(row_vectors)))
    rows_most = max(1, wide // len(row_vectors))
    loops = tuple(zip((inputs, *g.kernel), conv.input, conv.weights, strict=True))
    more: dict[str, object] = {}
    if padded.apart > 1:
        columns = (padded.column(k * g.dilation[1]) for k in range(g.kernel[1]))
        more["taps"] = tuple((x, k * conv.weights[2]) for k, x in enumerate(columns))
        loops = loops[:-1]
    source = body = ""
    for first_row, rows, row_parts in split(height, rows_most):
        body += f"for row in range({first_row}, {first_row + rows * row_parts}, {rows}):\n"
        for first, size, parts in split(outputs, high):
            body += f"    for output in range({first}, {first + size * parts}, {size}):\n"
            for start_vector, count, groups in split(len(row_vectors), wide):
                for number in range(groups):
                    part = row_vectors[start_vector + number * count :][:count]
                    tile = f"{NAME}_single_{size}x{rows}x{part[0][0]}"
                    settings: dict[str, object] = {
                        "width": target.width,
                        "vectors": tuple(
                            (r * stride * padded.width + start, r * width + start, floats)
                            for r in range(rows)
                            for start, floats in part
                        ),
                        "scalars": tuple((o, o * height * width) for o in range(size)),
                        "loops": loops,
                        "bias": "none" if "bias" not in request.offsets else "scalars",
                        **more,
                        **single_settings(request, "vectors"),
                        **in_tiles(Epilogue.of(request.node))[0],
                    }
                    source += f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"
                    body += (
                        f"        {tile}(arena, {at['x']} + row * {stride * padded.width}, "
                        f"weights, {at['weights']} + output, weights, {at['bias']} + output, "
                        f"arena, {at['y']} + (output * {height} + row) * {width})\n"
                    )
    return source, body, "y = x correlated with the weights; the lanes are columns."

"""A convolution of one image: the lanes are columns of its output, or channels."""

from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.single_contract import Padded, Single, single_function, vectors_of
from lenet.compiler.target import split
from lenet.dsl.graph import Node


@dataclass(frozen=True)
class _Conv:
    node: Node
    padded: Padded

    @property
    def kernel(self) -> tuple[int, int]:
        _, height, width = self.node.arguments["size"]
        return int(height), int(width)

    @property
    def plane(self) -> int:
        return self.padded.height * self.padded.width


def emit(request: Request) -> Single:
    """The lanes are what wastes fewer of them: columns of a row, or channels of a place."""
    node = request.node
    padded = Padded.of(node.given, node.arguments["pad"], "np.float32(0)")
    conv = _Conv(node, padded)
    lay = _by_columns if _columns_are_cheaper(request) else _by_channels
    tiles, body, doc = lay(request, conv)
    function = single_function(doc, padded.source + body, tiles=f"{tiles}\n\n")
    return Single(function, padded.scratch)


def _columns_are_cheaper(request: Request) -> bool:
    """Whether fewer lanes are wasted; neighbours in a vector are neighbours in x, too."""
    outputs, _, columns = request.node.shape
    width = request.target.width
    if request.node.arguments["stride"][1] != 1:
        return False
    wasted = [len(vectors_of(count, width)) * width / count for count in (columns, outputs)]
    return wasted[0] <= wasted[1]


def _weights(conv: _Conv) -> tuple[int, int, int]:
    """Steps in the weights to the next channel, row and column."""
    outputs = conv.node.shape[0]
    return conv.kernel[0] * conv.kernel[1] * outputs, conv.kernel[1] * outputs, outputs


def _by_columns(request: Request, conv: _Conv) -> tuple[str, str, str]:
    node, target, padded = conv.node, request.target, conv.padded
    inputs, (outputs, height, width) = node.given[0], node.shape
    stride = node.arguments["stride"][0]
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    row_vectors = vectors_of(width, target.width)
    high, wide = target.tile(outputs, min(8, height * len(row_vectors)))
    rows_most = max(1, wide // len(row_vectors))
    loops = tuple(
        zip((inputs, *conv.kernel), (conv.plane, padded.width, 1), _weights(conv), strict=True)
    )
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
                        "bias": "none" if bias is None else "scalars",
                    }
                    source += f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"
                    body += (
                        f"        {tile}(arena, {padded.at} + row * {stride * padded.width}, "
                        f"weights, {weight} + output, weights, {bias or 0} + output, arena, "
                        f"y + (output * {height} + row) * {width})\n"
                    )
    return source, body, "y = x correlated with the weights; the lanes are columns."


def _by_channels(request: Request, conv: _Conv) -> tuple[str, str, str]:
    node, target, padded = conv.node, request.target, conv.padded
    inputs, (outputs, height, width) = node.given[0], node.shape
    down, across = node.arguments["stride"]
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    channels = vectors_of(outputs, target.width)
    high, wide = target.tile(width, min(8, len(channels)))
    loops = tuple(
        zip((inputs, *conv.kernel), _weights(conv), (conv.plane, padded.width, 1), strict=True)
    )
    source, body = "", f"for row in range({height}):\n"
    for start in range(0, len(channels), wide):
        part = channels[start : start + wide]
        for first, size, parts in split(width, high):
            tile = f"{NAME}_single_{size}x{part[0][0]}"
            settings: dict[str, object] = {
                "width": target.width,
                "vectors": tuple((at, at, count) for at, count in part),
                "scalars": tuple((c * across, c) for c in range(size)),
                "loops": loops,
                "bias": "none" if bias is None else "vectors",
                "scatter": height * width,
            }
            source += f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"
            body += (
                f"    for column in range({first}, {first + size * parts}, {size}):\n"
                f"        {tile}(weights, {weight}, arena, {padded.at} + row * "
                f"{down * padded.width} + column * {across}, weights, {bias or 0}, arena, "
                f"y + row * {width} + column)\n"
            )
    return source, body, "y = x correlated with the weights; the lanes are channels."

"""A convolution of bytes: its input becomes words of four (kernels/shared/words.py), and these are
correlated as floats are."""

from dataclasses import replace

from lenet.compiler.contract import FORWARD, Request
from lenet.compiler.kernels.convolution.direct import correlated
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Direction, Geometry
from lenet.compiler.kernels.shared.words import BYTES, Words, tile_settings, words_of
from lenet.compiler.single_contract import Padded
from lenet.compiler.target import LANES


def forward(request: Request, g: Geometry, epilogue: Epilogue | None) -> Direction:
    """y (outputs, out_height, out_width), or what the epilogue makes of it."""
    words = words_of(request.node)
    inner = _of_words(g, words)
    doc = "y = x as bytes correlated with the weights, plus the bias."
    direct = correlated(
        request, inner, ("forward", FORWARD, doc), ("words", "y"), request.offsets["bias"],
        epilogue, tile_settings(request),
    )  # fmt: skip
    kind = "columns" if words.across else "channels"
    (above, left), at = g.padding, request.offsets["input"]
    head = (
        f"words = scratch + {direct.scratch}\n"
        f"words_of_{kind}(arena, weights, {at}, x, words, {g.inputs}, {g.height}, {g.width}, "
        f"{above}, {left}, {inner.height}, {inner.width})\n"
    )
    function = direct.function
    names = function.parameters
    if "scratch" not in names:
        names = (*names, "scratch")
    function = replace(function, parameters=names, body=head + function.body)
    return Direction(function, direct.scratch + inner.x_group)


def _of_words(g: Geometry, words: Words) -> Geometry:
    """Of the words of a padded input, from its first row and column to the last that is needed."""
    across = BYTES if words.across else g.dilation[1]
    height = (g.out_height - 1) * g.stride[0] + g.reach[0]
    width = (g.out_width - 1) * g.stride[1] + (words.taps - 1) * across + 1
    return replace(
        g, inputs=words.groups, height=height, width=width, kernel=(words.height, words.taps),
        padding=(0, 0), dilation=(g.dilation[0], across),
    )  # fmt: skip


def of_one_image(request: Request, g: Geometry, padded: Padded) -> tuple[Geometry, Padded]:
    """The same for a single image: of as many rows and columns as the padded input has."""
    words = words_of(request.node)
    kind = "columns" if words.across else "channels"
    places = padded.height * padded.width
    # A vector may end fifteen places behind the last one, or with four columns, eighteen.
    start = -(-padded.scratch // LANES) * LANES + 2 * LANES
    source = padded.source + (
        f"words = scratch + {start}\n"
        f"single_words_of_{kind}(arena, weights, {request.offsets['input']}, {padded.at}, words, "
        f"{g.inputs}, {places})\n"
    )
    size = start + words.groups * places + 2 * LANES
    across = BYTES if words.across else g.dilation[1]
    inner = replace(
        g, inputs=words.groups, kernel=(words.height, words.taps), dilation=(g.dilation[0], across)
    )
    return inner, replace(padded, at="words", source=source, scratch=size)

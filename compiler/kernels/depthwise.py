"""depthwise: a convolution whose groups are single channels."""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.convolution import (
    depthwise_gradient,
    depthwise_single,
    gradient,
    single,
)
from lenet.compiler.kernels.convolution.direct import backward, forward, in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.forward_row import forward_row, input_of
from lenet.compiler.kernels.convolution.geometry import Geometry, in_groups
from lenet.compiler.memory.layout import FIRST
from lenet.compiler.single_contract import Single
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.padding import sides_of

# Edge of a kernel beyond which the code for all taps at once is too long to compile.
_LARGEST = 9


def _geometry(request: Request) -> Geometry:
    node = request.node
    channels, height, width = node.given
    outputs, out_height, out_width = node.bare_shape
    (above, _), (left, _) = sides_of(node.arguments["pad"])
    return Geometry(
        1, height, width, outputs // channels, out_height, out_width, node.arguments["window"],
        node.arguments["stride"], (above, left), node.arguments["dilate"] or (1, 1), channels,
    )  # fmt: skip


def emit(request: Request) -> Kernels:
    """x (channels, height, width), y (channels times multiplier, height, width) or what is fused
    behind it."""
    g = _geometry(request)
    epilogue = Epilogue.of(request.node)
    first, back = forward(request, g, epilogue), backward(request, g)
    small = max(g.kernel) <= _LARGEST
    own = (depthwise_gradient if small else gradient).gradient(request, g)
    scratch = {"forward": first.scratch, "backward": back.scratch, "gradient": own.scratch}
    return Kernels(
        forward=first.function,
        backward=back.function,
        gradient=own.function,
        overwrites=True,
        scratch={name: floats for name, floats in scratch.items() if floats},
        spread=epilogue.spread() if epilogue else None,
        saved=epilogue.saved if epilogue else 0,
    )


def makes_rows(node: Node) -> bool:
    """Whether emit_row can do what is fused behind it."""
    return in_tiles(Epilogue.of(node))[1] is None


def emit_row(request: Request) -> Function:
    """NAME_row: row `row` of y, whose channels lie a row and a vector apart, so that they do not
    share places in the caches. The offsets of `request` are expressions of w_first."""
    g, bias = _geometry(request), request.offsets.get("bias")
    channel = (g.out_width + 1) * LANES
    places = {"x": ("x", g.x_group), "y": ("y", g.outputs * channel)}
    places["weights"] = request.offsets["weight"], g.outputs
    if bias is not None:
        places["bias"] = bias, g.outputs
    at, head = in_groups(g, **places)
    settings: dict[str, object] = {
        "y_output": channel,
        "start": "zero" if bias is None else "bias",
        **in_tiles(Epilogue.of(request.node))[0],
    }
    to = f"{at['y']} + output * {channel} + {{column}} * {LANES}"
    row = forward_row(request, g, "row", input_of(g, at["x"]), at, ("", to), settings)
    tiles, body = row.source
    body = head + indent(body, "    ") if head else body
    parameters = ("arena", "weights", f"w{FIRST}", "x", "y", "row")
    return Function(
        "row", parameters, "A row of y, x correlated by channels.", body, f"{tiles}\n\n"
    )


def takes_places(request: Request) -> bool:
    """Whether emit_single can take its input by places: not if a channel has several outputs."""
    return _geometry(request).outputs == 1


def emit_single(request: Request) -> Single:
    """As that of a convolution, if the channels are not the lanes."""
    g = _geometry(request)
    return depthwise_single.emit(request, g) if request.by_places else single.emit(request, g)

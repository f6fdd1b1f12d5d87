"""depthwise: a convolution whose groups are single channels."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.kernels.convolution import depthwise_gradient, gradient, single
from lenet.compiler.kernels.convolution.direct import backward, forward
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.single_contract import Single
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
    epilogue = Epilogue.of(request)
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


def emit_single(request: Request) -> Single:
    """As that of a convolution."""
    return single.emit(request, _geometry(request))

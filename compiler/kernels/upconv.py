"""upconv: what is backward in a convolution is forward here, and the other way round."""

from lenet.compiler.contract import BACKWARD, FORWARD, GRADIENT, Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.convolution import turned_single
from lenet.compiler.kernels.convolution.direct import correlated, turned
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.kernels.convolution.gradient import bias_sums, sums_of_weights
from lenet.compiler.single_contract import Single
from lenet.dsl.padding import sides_of


def _geometry(request: Request) -> Geometry:
    """Of the convolution that goes back: from the output's maps to those of the input."""
    node = request.node
    _, kernel_height, kernel_width = node.arguments["size"]
    (above, _), (left, _) = sides_of(node.arguments["pad"])
    outputs, out_height, out_width = node.bare_shape
    inputs, height, width = node.given
    return Geometry(
        outputs, out_height, out_width, inputs, height, width,
        (int(kernel_height), int(kernel_width)), node.arguments["stride"], (above, left),
        node.arguments["dilate"] or (1, 1),
    )  # fmt: skip


def emit(request: Request) -> Kernels:
    """x (inputs, height, width), y (outputs, height, width) or what is fused behind it."""
    g, epilogue = _geometry(request), Epilogue.of(request.node)
    doc = "y = x correlated with the turned weights, plus the bias."
    head, bias = ("forward", FORWARD, doc), request.offsets.get("bias")
    forward = turned(request, g, head, ("x", "y"), bias, epilogue)
    head = ("backward", BACKWARD, "dx = dy correlated with the weights.")
    backward = correlated(request, g, head, ("dy", "dx"))
    strip, tiles, body = sums_of_weights(request, g, ("dy", "x"))
    body += bias_sums(request, g.inputs, g.height * g.width)
    doc = "The gradients of the weights and the bias, added to those so far."
    parameters = (*GRADIENT, "before", *(["scratch"] if strip else []))
    scratch = {"forward": forward.scratch, "backward": backward.scratch, "gradient": strip}
    return Kernels(
        forward=forward.function,
        backward=backward.function,
        gradient=Function("gradient", parameters, doc, body, f"{tiles}\n\n"),
        overwrites=True,
        scratch={name: floats for name, floats in scratch.items() if floats},
        spread=epilogue.spread() if epilogue else None,
        saved=epilogue.saved if epilogue else 0,
    )


def emit_single(request: Request) -> Single:
    """The lanes are columns of the output that a stride apart."""
    return turned_single.emit(request, _geometry(request))

"""conv: forward, backward to its input, and to its weights, each by itself by direct sums or by
Winograd's transforms."""

from typing import Any

from lenet.compiler.contract import BACKWARD, FORWARD, Kernels, Request
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.convolution import direct as conv_direct
from lenet.compiler.kernels.convolution import gradient as conv_gradient
from lenet.compiler.kernels.convolution import (
    of_words,
    pooled_gradient,
    winograd_gradient,
    winograd_single,
)
from lenet.compiler.kernels.convolution import single as conv_single
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Direction, Geometry, Gradient, geometry
from lenet.compiler.kernels.convolution.winograd import (
    Transformed,
    convolution,
    forward_of,
    preparation,
)
from lenet.compiler.kernels.shared.words import INTEGER, fits
from lenet.compiler.single_contract import Single
from lenet.dsl.graph import Node
from lenet.dsl.layers.conv import winograd_parts


def emit_single(request: Request) -> Single:
    """By Winograd's transforms where blocks go forward by them and that pays."""
    g = geometry(request)
    if winograd_single.pays(request, g):
        return winograd_single.emit(request, g)
    return conv_single.emit(request, g)


def takes_places(request: Request) -> bool:
    """Whether emit_single can take its input by places."""
    columns = conv_single.by_columns(geometry(request))
    return not columns and INTEGER not in request.node.arguments


def takes_addend(node: Node) -> bool:
    """Whether emit_single can add a map to what it makes: where that lies by places."""
    channels: int = node.bare_shape[0]
    return node.arguments["groups"] is None and conv_single.makes_places(channels)


def has_integers(node: Node) -> bool:
    """Whether it can compute of bytes: all inputs are summed, and the sums fit."""
    return node.arguments["groups"] is None and fits(node)


def emit(request: Request) -> Kernels:
    """x (inputs, height, width), y (outputs, height, width) or what is fused behind it.

    Winograd's transforms are where the node's arguments ask for them; the gradient goes window by
    window where a max-pooling is fused and that pays.
    """
    g = geometry(request)
    epilogue = Epilogue.of(request.node)
    if INTEGER in request.node.arguments:
        forward = of_words.forward(request, g, epilogue)
        return Kernels(forward=forward.function, scratch={"forward": forward.scratch})
    by_winograd = winograd_parts(request.node.arguments)
    turned = "forward" in by_winograd
    forward = (_forward_by_winograd if turned else conv_direct.forward)(request, g, epilogue)
    turned = "backward" in by_winograd
    backward = (_backward_by_winograd if turned else conv_direct.backward)(request, g)
    if "gradient" in by_winograd:
        gradient = winograd_gradient.gradient(request, g)
    elif epilogue and pooled_gradient.pays(g, epilogue):
        gradient = pooled_gradient.gradient(request, g, epilogue)
    else:
        gradient = conv_gradient.gradient(request, g)
    both = {"forward": forward, "backward": backward}
    scratch = {**{name: d.scratch for name, d in both.items()}, "gradient": gradient.scratch}
    return Kernels(
        forward=forward.function,
        backward=backward.function,
        gradient=gradient.function,
        complete=_complete(request, g, gradient),
        products=gradient.products,
        pooled=gradient.pooled,
        overwrites=True,
        scratch={name: floats for name, floats in scratch.items() if floats},
        prepare={name: d.prepare for name, d in both.items() if d.prepare},
        prepared={name: d.prepared for name, d in both.items() if d.prepared},
        **_fused(epilogue),
    )


def _complete(request: Request, g: Geometry, gradient: Gradient) -> Function | None:
    mask, body = _mask(request, g)
    body = gradient.complete + body
    if not body:
        return None
    doc = "What is left to do for the gradients of the weights of all images."
    parameters = ("arena", "gradient", "w", "products")
    return Function("complete", parameters, doc, body, f"{gradient.tiles}{mask}\n\n")


def _mask(request: Request, g: Geometry) -> tuple[str, str]:
    """A connection table leaves weights at 0; so their gradients have to be."""
    table = request.node.arguments["connect"]
    if table is None:
        return "", ""
    rows = ", ".join(repr(tuple(int(seen) for seen in row)) for row in table.seen)
    source = f"{NAME}_seen = np.array([{rows}], np.uint8)\n"
    body = (
        f"for channel in range({g.inputs}):\n"
        f"    for tap in range({g.kernel[0] * g.kernel[1]}):\n"
        f"        for output in range({g.outputs}):\n"
        f"            if not {NAME}_seen[channel, output]:\n"
        f"                gradient[{request.offsets['weight']} + channel * {g.weight_channel} + "
        f"tap * {g.outputs} + output] = np.float32(0)\n"
    )
    return source, body


def _fused(epilogue: Epilogue | None) -> dict[str, Any]:
    """What Kernels need beside the convolution's own."""
    if epilogue is None:
        return {}
    return {
        "spread": epilogue.spread(),
        "saved": epilogue.saved,
    }


def _forward_by_winograd(request: Request, g: Geometry, epilogue: Epilogue | None) -> Direction:
    t = forward_of(request, g)
    function = convolution(request, "forward", t, FORWARD, "x", "y", epilogue)
    prepare = preparation(request, "forward", t)
    return Direction(function, t.scratch_with(epilogue), prepare, t.prepared)


def _backward_by_winograd(request: Request, g: Geometry) -> Direction:
    edge = g.kernel[0] - 1
    last = edge * (g.weight_row + g.outputs)  # the kernel is turned around
    t = Transformed(
        g.outputs, (g.out_height, g.out_width), g.inputs, (g.height, g.width), g.kernel[0],
        (edge - g.padding[0], edge - g.padding[1]),
        request.offsets["weight"], last, 1, g.weight_channel, -g.weight_row, -g.outputs,
    )  # fmt: skip
    function = convolution(request, "backward", t, BACKWARD, "dy", "dx")
    return Direction(function, t.scratch, preparation(request, "backward", t), t.prepared)

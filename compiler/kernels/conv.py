"""conv: forward and backward to its input by direct sums or by Winograd's transforms, each by
itself, and to its weights by direct sums."""

from typing import Any

from compiler import conv_direct, conv_gradient, conv_single
from compiler.conv_geometry import Direction, Geometry, geometry
from compiler.epilogue import Epilogue
from compiler.kernel import BACKWARD, FORWARD, Kernels, Request, function
from compiler.single import Single
from compiler.winograd import Transformed, convolution, preparation


def emit_single(request: Request) -> Single:
    return conv_single.emit(request)


def emit(request: Request) -> Kernels:
    g = geometry(request)
    epilogue = Epilogue.of(request)
    algorithm = request.node.arguments["algorithm"]
    turned = algorithm in ("winograd", "winograd-forward")
    forward = (_forward_by_winograd if turned else conv_direct.forward)(request, g, epilogue)
    turned = algorithm in ("winograd", "winograd-backward")
    backward = (_backward_by_winograd if turned else conv_direct.backward)(request, g)
    both = {"forward": forward, "backward": backward}
    return Kernels(
        forward=forward.source,
        backward=backward.source,
        gradient=conv_gradient.gradient(request, g),
        mask=_mask(request, g),
        scratch={name: d.scratch for name, d in both.items() if d.scratch},
        prepare={name: d.prepare for name, d in both.items() if d.prepare},
        prepared={name: d.prepared for name, d in both.items() if d.prepared},
        **_fused(epilogue),
    )


def _mask(request: Request, g: Geometry) -> str:
    """A connection table leaves weights at 0; so their gradients have to be."""
    table = request.node.arguments["connect"]
    if table is None:
        return ""
    rows = ", ".join(repr(tuple(int(seen) for seen in row)) for row in table.seen)
    source = f"{request.name}_seen = np.array([{rows}], np.uint8)\n\n\n"
    body = (
        f"for channel in range({g.inputs}):\n"
        f"    for tap in range({g.kernel[0] * g.kernel[1]}):\n"
        f"        for output in range({g.outputs}):\n"
        f"            if not {request.name}_seen[channel, output]:\n"
        f"                gradient[{request.offsets['weight']} + channel * {g.weight_channel} + "
        f"tap * {g.outputs} + output] = np.float32(0)\n"
    )
    doc = "No gradient for weights that the connection table leaves at 0."
    return source + function(f"{request.name}_mask", "gradient, w", doc, body)


def _fused(epilogue: Epilogue | None) -> dict[str, Any]:
    """What Kernels need beside the convolution's own."""
    if epilogue is None:
        return {}
    return {
        "spread": epilogue.spread(),
        "saved": epilogue.saved,
    }


def _forward_by_winograd(request: Request, g: Geometry, epilogue: Epilogue | None) -> Direction:
    t = Transformed(
        g.inputs, (g.height, g.width), g.outputs, (g.out_height, g.out_width), g.kernel[0],
        g.padding, f"{request.offsets['weight']} + channel * {g.weight_channel} + output",
        g.weight_row, g.outputs, 1, request.offsets.get("bias"),
    )  # fmt: skip
    source = convolution(request, "forward", t, FORWARD, "x", "y", epilogue)
    prepare = preparation(request, "forward", t)
    return Direction(source, t.scratch_with(epilogue), prepare, t.prepared)


def _backward_by_winograd(request: Request, g: Geometry) -> Direction:
    edge = g.kernel[0] - 1
    # The kernel is turned around.
    last = f"{request.offsets['weight']} + {edge * (g.weight_row + g.outputs)}"
    t = Transformed(
        g.outputs, (g.out_height, g.out_width), g.inputs, (g.height, g.width), g.kernel[0],
        (edge - g.padding[0], edge - g.padding[1]),
        f"{last} + channel + output * {g.weight_channel}", -g.weight_row, -g.outputs,
        g.weight_channel,
    )  # fmt: skip
    source = convolution(request, "backward", t, BACKWARD, "dy", "dx")
    return Direction(source, t.scratch, preparation(request, "backward", t), t.prepared)

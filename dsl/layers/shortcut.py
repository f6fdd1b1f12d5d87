"""shortcut: the input itself, or every second pixel of it and more channels (He et al. 2015)."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import pair


def _infer(context: Context) -> Shape:
    width = int(context.arguments["width"][0])
    stride = context.arguments["stride"] = pair(context.arguments["stride"])
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, "shortcut", context.input, context.source))
    channels, height, columns = context.input
    if width < channels:
        span = context.span("width")
        raise Refused(messages.fewer_channels(span, width, context.input, context.source))
    return (width, -(-height // stride[0]), -(-columns // stride[1]))


LAYER = Layer(
    name="shortcut",
    summary="The input itself; with a stride its every second (third, …) row and column; channels "
    "that it does not have are 0. It has no parameters: the identity shortcut of residual nets.",
    example="shortcut 32 stride 2",
    arguments=(Argument("width", "the number of output channels"),),
    options=(
        Argument("stride", "step between the pixels, down x across", counts=(1, 2), default=(1, 1)),
    ),
    infer=_infer,
    aliases=("identity", "skip", "residual"),
    family="shape",
    channels="grown",
)

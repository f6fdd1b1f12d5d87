"""The geometry that convolutions and pooling share."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context
from lenet.dsl.shapes import Shape

STRIDE = Argument(
    "stride",
    "step between windows, down x across",
    counts=(1, 2),
    optional=True,
    aliases=("strides", "step"),
)
PAD = Argument(
    "pad",
    "rows and columns added around the map",
    counts=(1, 2),
    least=0,
    default=(0, 0),
    aliases=("padding", "pads"),
)


def pair(value: Shape) -> tuple[int, int]:
    """One size for both directions, or two."""
    return (int(value[0]), int(value[-1]))


def slide(context: Context, window: Shape, argument: str, default_stride: Shape) -> tuple[int, int]:
    """Output height and width of a window that slides over the input map.

    `argument` names the window in the line. Binds `stride` and `pad` as pairs, refuses a window
    that does not fit, and warns where the last rows or columns are never read.
    """
    arguments = context.arguments
    name = context.line.keyword.text
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, name, context.input, context.source))
    stride = pair(arguments["stride"] or default_stride)
    padding = pair(arguments["pad"]) if "pad" in arguments else (0, 0)
    sizes, dropped = [], []
    for axis in (0, 1):
        room = context.input[1 + axis] + 2 * padding[axis] - window[axis]
        if room < 0:
            span = context.span(argument)
            given = padding if "pad" in arguments else None
            raise Refused(
                messages.window_too_large(span, name, window, context.input, given, context.source)
            )
        sizes.append(room // stride[axis] + 1)
        skips = window[axis] < stride[axis]  # then it leaves out what lies between, by intent
        dropped.append(0 if skips else max(0, room % stride[axis] - padding[axis]))
    if any(dropped):
        context.warnings.append(
            messages.rows_dropped(context.line.keyword.span, name, tuple(dropped), context.input)
        )
    arguments["stride"] = stride
    if "pad" in arguments:
        arguments["pad"] = padding
    return sizes[0], sizes[1]

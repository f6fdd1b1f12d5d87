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
    modes=True,
)

ROUND = Argument(
    "round",
    "where windows do not cover the map: `up` adds one that reaches beyond the border, `down`, as "
    "without it, leaves the rest out",
    kind="choice",
    words=("down", "up"),
    optional=True,
)
WINDOW = Argument("window", "window size, height x width, or all", counts=(1, 2), words=("all",))


def pair(value: Shape) -> tuple[int, int]:
    """One size for both directions, or two."""
    return (int(value[0]), int(value[-1]))


def slide(context: Context, window: Shape, argument: str, default_stride: Shape) -> tuple[int, int]:
    """Output height and width of a window that slides over the input map.

    `argument` names the window in the line. Binds `stride` and `pad` as pairs, refuses a window
    that does not fit, and warns where the last rows or columns are never read. Where the layer may
    `round` up, one more window begins in what is left of the map, but not in its padding.
    """
    arguments = context.arguments
    name = context.line.keyword.text
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, name, context.input, context.source))
    stride = pair(arguments["stride"] or default_stride)
    pads = arguments.get("pad")  # None where the layer has no such option
    padding = pair(pads or (0, 0))
    sizes, dropped = [], []
    for axis in (0, 1):
        room = context.input[1 + axis] + 2 * padding[axis] - window[axis]
        if room < 0:
            span = context.span(argument)
            given = padding if pads is not None else None
            raise Refused(
                messages.window_too_large(span, name, window, context.input, given, context.source)
            )
        size = room // stride[axis] + 1
        if arguments.get("round") == "up":
            behind = context.input[1 + axis] + padding[axis]  # where the padding at the end begins
            size += int(room % stride[axis] > 0 and size * stride[axis] < behind)
            sizes.append(size)
            dropped.append(0)
            continue
        sizes.append(size)
        skips = window[axis] < stride[axis]  # then it leaves out what lies between, by intent
        dropped.append(0 if skips else max(0, room % stride[axis] - padding[axis]))
    if any(dropped):
        context.warnings.append(
            messages.rows_dropped(
                context.line.keyword.span, name, tuple(dropped), context.input, "round" in arguments
            )
        )
    arguments["stride"] = stride
    if pads is not None:
        arguments["pad"] = padding
    return sizes[0], sizes[1]


def pool(context: Context) -> Shape:
    """The shape rule of a pooling: that of its windows' values, or, with the window `all`, of one
    value a channel."""
    window = context.arguments["window"]
    if window != "all":
        context.arguments["window"] = pair(window)
        return (context.input[0], *slide(context, pair(window), "window", pair(window)))
    if len(context.input) != 3:
        span, name = context.line.keyword.span, context.line.keyword.text
        raise Refused(messages.needs_map(span, name, context.input, context.source))
    context.arguments["window"] = context.arguments["stride"] = context.input[1:]
    return (context.input[0],)

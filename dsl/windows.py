"""The geometry that convolutions and pooling share."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.padding import Sides, bound, same
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
    "rows and columns added around the map; `same`: as many as give an output for each stride, the "
    "odd one below or on the right",
    counts=(1, 2),
    least=0,
    words=("same",),
    yields=True,
    default=(0, 0),
    aliases=("padding", "pads"),
)
# In the order of padding.Sides.
SIDES = tuple(
    Argument(
        side,
        f"{what} added {where} the map, where `pad` says otherwise",
        least=0,
        optional=True,
        aliases=(f"pad_{side}", f"pad{side}"),
    )
    for side, what, where in (
        ("top", "rows", "above"),
        ("bottom", "rows", "below"),
        ("left", "columns", "on the left of"),
        ("right", "columns", "on the right of"),
    )
)
DILATE = Argument(
    "dilate",
    "step between the places of the kernel, down x across",
    counts=(1, 2),
    optional=True,
    aliases=("dilation", "dilations", "dilation_rate", "dilationrate", "atrous"),
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


def reach(window: Shape, dilate: Shape) -> tuple[int, int]:
    """Rows and columns from the first place of a window to its last one."""
    high, wide = ((size - 1) * step + 1 for size, step in zip(window, dilate, strict=True))
    return high, wide


def slide(context: Context, window: Shape, argument: str, default_stride: Shape) -> tuple[int, int]:
    """Output height and width of a window that slides over the input map.

    `argument` names the window in the line. Binds `stride`, `dilate` and `pad` (see
    padding.bound), refuses a window that does not fit, and warns where the last rows or columns
    are never read. Where the layer may `round` up, one more window begins in what is left of the
    map, but not in its padding.
    """
    arguments = context.arguments
    name = context.line.keyword.text
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, name, context.input, context.source))
    stride = pair(arguments["stride"] or default_stride)
    dilate = pair(arguments.get("dilate") or (1, 1))  # None and 1 are the same, and become None
    whole = reach(window, dilate)
    padding = _padding(context, whole, stride)
    sizes, dropped = [], []
    for axis in (0, 1):
        room = context.input[1 + axis] + sum(padding[axis]) - whole[axis]
        if room < 0:
            span = context.span(argument)
            given = padding if PAD.name in arguments else None
            raise Refused(
                messages.window_too_large(
                    span, name, window, context.input, given, context.source, whole
                )
            )
        size = room // stride[axis] + 1
        if arguments.get("round") == "up":
            behind = context.input[1 + axis] + padding[axis][0]  # where the padding behind begins
            size += int(room % stride[axis] > 0 and size * stride[axis] < behind)
            sizes.append(size)
            dropped.append(0)
            continue
        sizes.append(size)
        skips = whole[axis] < stride[axis]  # then it leaves out what lies between, by intent
        dropped.append(0 if skips else max(0, room % stride[axis] - padding[axis][1]))
    if any(dropped):
        context.warnings.append(
            messages.rows_dropped(
                context.line.keyword.span, name, tuple(dropped), context.input, "round" in arguments
            )
        )
    arguments["stride"] = stride
    if "dilate" in arguments:
        arguments["dilate"] = None if dilate == (1, 1) else dilate
    if PAD.name in arguments:
        arguments[PAD.name] = bound(padding)
        arguments |= {side.name: None for side in SIDES}  # it says them all now
    return sizes[0], sizes[1]


def _padding(context: Context, whole: Shape, stride: Shape) -> Sides:
    """What is added above, below, left and right."""
    pad = context.arguments.get(PAD.name, (0, 0))
    given = {side.name: context.arguments.get(side.name) for side in SIDES}
    if pad == "same":
        for side, value in given.items():
            if value is not None:
                what = f"the {side} of `{context.line.keyword.text}`"
                limits = "left out beside `pad same`"
                raise Refused(messages.out_of_range(context.span(side), what, value[0], limits))
        down, across = (
            same(size, *rest) for size, *rest in zip(context.input[1:], whole, stride, strict=True)
        )
        return down, across
    rows, columns = pair(pad)
    usual = {"top": rows, "bottom": rows, "left": columns, "right": columns}
    above, below, left, right = (
        usual[side] if value is None else int(value[0]) for side, value in given.items()
    )
    return (above, below), (left, right)


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
    if context.arguments.get("pad") is not None:  # which can only be 0
        context.arguments["pad"] = (0, 0)
    return (context.input[0],)

"""maxpool: the largest value in each window."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import PAD, SIDES, STRIDE, pair, slide


def _infer(context: Context) -> Shape:
    window = pair(context.arguments["window"])
    context.arguments["window"] = window
    arguments = context.arguments
    pads = (0, 0) if arguments["pad"] == "same" else pair(arguments["pad"])
    given = [(axis, "pad", pads[axis]) for axis in (0, 1)]
    for number, side in enumerate(SIDES):
        if arguments[side.name] is not None:
            given.append((number // 2, side.name, int(arguments[side.name][0])))
    for axis, option, pad in given:
        if 2 * pad > window[axis]:
            limit = f"at most half of its window, {window[axis] // 2}"
            what = f"the {option} of `maxpool`"
            raise Refused(messages.out_of_range(context.span(option), what, pad, limit))
    return (context.input[0], *slide(context, window, "window", window))


LAYER = Layer(
    name="maxpool",
    summary="The largest value in each window; windows lie side by side unless `stride` is given.",
    example="maxpool 2",
    arguments=(Argument("window", "window size, or height x width", counts=(1, 2)),),
    options=(STRIDE, PAD, *SIDES),
    infer=_infer,
    aliases=("maxpool2d", "maxpooling2d", "max_pool", "pool", "pooling", "spatialmaxpooling"),
    family="pooling",
    pools="largest",
)

"""maxpool: the largest value in each window."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context, Layer, always
from lenet.dsl.sequences import along
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import PAD, ROUND, SIDES, STRIDE, WINDOW, pair, pool


def _infer(context: Context) -> Shape:
    arguments, window = context.arguments, context.arguments["window"]
    pads = (0, 0) if arguments["pad"] == "same" else pair(arguments["pad"])
    given = [(axis, "pad", pads[axis]) for axis in (0, 1)]
    for number, side in enumerate(SIDES):
        if arguments[side.name] is not None:
            given.append((number // 2, side.name, int(arguments[side.name][0])))
    for axis, option, pad in given:
        if window == "all" and pad:
            what, limit = f"the {option} of `maxpool all`", "0: its window has the size of the map"
            raise Refused(messages.out_of_range(context.span(option), what, pad, limit))
        if window != "all" and 2 * pad > window[-1 if axis else 0]:
            limit = f"at most half of its window, {window[-1 if axis else 0] // 2}"
            what = f"the {option} of `maxpool`"
            raise Refused(messages.out_of_range(context.span(option), what, pad, limit))
    return pool(context)


LAYER = Layer(
    name="maxpool",
    summary="The largest value in each window; windows lie side by side unless `stride` is given. "
    "`maxpool all` gives one number a channel, a vector.",
    example="maxpool 2",
    arguments=(WINDOW,),
    options=(STRIDE, PAD, ROUND, *SIDES),
    infer=along(_infer),
    aliases=("maxpool2d", "maxpooling2d", "max_pool", "pool", "pooling", "spatialmaxpooling"),
    phrases={
        "globalmaxpool2d": "maxpool all",
        "globalmaxpooling2d": "maxpool all",
        "adaptivemaxpool2d": "maxpool all",
    },
    family="pooling",
    ends=always,
    pools="largest",
)

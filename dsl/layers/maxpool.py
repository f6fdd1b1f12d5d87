"""maxpool: the largest value in each window."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import PAD, ROUND, STRIDE, WINDOW, pair, pool


def _infer(context: Context) -> Shape:
    window = context.arguments["window"]
    padding = pair(context.arguments["pad"])
    if window == "all" and any(padding):
        what, limit = "the pad of `maxpool all`", "0: its window has the size of the map"
        raise Refused(messages.out_of_range(context.span("pad"), what, max(padding), limit))
    for size, pad in zip((window[0], window[-1]), padding, strict=True):
        if window != "all" and 2 * pad > size:
            limit = f"at most half of its window, {size // 2}"
            what = "the pad of `maxpool`"
            raise Refused(messages.out_of_range(context.span("pad"), what, pad, limit))
    return pool(context)


LAYER = Layer(
    name="maxpool",
    summary="The largest value in each window; windows lie side by side unless `stride` is given. "
    "`maxpool all` gives one number a channel, a vector.",
    example="maxpool 2",
    arguments=(WINDOW,),
    options=(STRIDE, PAD, ROUND),
    infer=_infer,
    aliases=("maxpool2d", "maxpooling2d", "max_pool", "pool", "pooling", "spatialmaxpooling"),
    phrases={
        "globalmaxpool2d": "maxpool all",
        "globalmaxpooling2d": "maxpool all",
        "adaptivemaxpool2d": "maxpool all",
    },
    family="pooling",
    pools="largest",
)

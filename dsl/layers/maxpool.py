"""maxpool: the largest value in each window."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import PAD, STRIDE, pair, slide


def _infer(context: Context) -> Shape:
    window = pair(context.arguments["window"])
    context.arguments["window"] = window
    given = context.arguments["pad"]
    for size, pad in zip(window, (0, 0) if given == "same" else pair(given), strict=True):
        if 2 * pad > size:
            limit = f"at most half of its window, {size // 2}"
            what = "the pad of `maxpool`"
            raise Refused(messages.out_of_range(context.span("pad"), what, pad, limit))
    return (context.input[0], *slide(context, window, "window", window))


LAYER = Layer(
    name="maxpool",
    summary="The largest value in each window; windows lie side by side unless `stride` is given.",
    example="maxpool 2",
    arguments=(Argument("window", "window size, or height x width", counts=(1, 2)),),
    options=(STRIDE, PAD),
    infer=_infer,
    aliases=("maxpool2d", "maxpooling2d", "max_pool", "pool", "pooling", "spatialmaxpooling"),
    family="pooling",
    pools="largest",
)

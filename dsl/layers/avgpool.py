"""avgpool: the mean of each window."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import STRIDE, pair, slide


def _infer(context: Context) -> Shape:
    window = context.arguments["window"]
    if window == "all":
        if len(context.input) != 3:
            span = context.line.keyword.span
            raise Refused(messages.needs_map(span, "avgpool", context.input, context.source))
        context.arguments["window"] = context.arguments["stride"] = context.input[1:]
        return (context.input[0],)
    context.arguments["window"] = pair(window)
    return (context.input[0], *slide(context, pair(window), "window", pair(window)))


LAYER = Layer(
    name="avgpool",
    summary="The mean of each window; `avgpool all` gives one number a channel, a vector.",
    example="avgpool 2",
    arguments=(
        Argument("window", "window size, height x width, or all", counts=(1, 2), words=("all",)),
    ),
    options=(STRIDE,),
    infer=_infer,
    aliases=("avgpool2d", "averagepooling2d", "avg_pool", "meanpool", "spatialaveragepooling"),
    family="pooling",
    pools="mean",
)

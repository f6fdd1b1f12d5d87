"""slice: some channels of a map, or some values of a vector, that follow each other."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    arguments = context.arguments
    first, count = int(arguments["first"][0]), context.input[0]
    to = count if arguments["to"] is None else int(arguments["to"][0])
    if to > count or first >= count:
        place = context.span("to") if to > count else context.span("first")
        raise Refused(messages.slice_beyond(place, to > count, context.input, context.source))
    if first >= to:
        raise Refused(messages.empty_slice(context.span("to"), first, to))
    return (to - first, *context.input[1:])


LAYER = Layer(
    name="slice",
    summary="The channels of a map, or the values of a vector, from one number up to another, "
    "which is the first that is left out; they count from 0. `slice 0 to 16` are the first 16.",
    example="slice 0 to 16",
    arguments=(Argument("first", "the first one that is kept", least=0, default=(0,)),),
    options=(Argument("to", "the first one behind them; all are kept if absent", optional=True),),
    infer=_infer,
    aliases=("narrow", "split", "chunk", "slicechannel"),
    family="shape",
)

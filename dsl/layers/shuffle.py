"""shuffle: the channels of some groups, in turn (Zhang et al. 2017)."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    groups = int(context.arguments["groups"][0])
    if context.input[0] % groups:
        span = context.span("groups")
        raise Refused(messages.unequal_groups(span, groups, context.input, context.source))
    return context.input


LAYER = Layer(
    name="shuffle",
    summary="The channels in another order: the first ones of all groups, then the second ones, "
    "and so on. A group is as many channels that follow each other.",
    example="shuffle 4",
    source="Zhang et al. 2017, ShuffleNet",
    arguments=(Argument("groups", "the number of groups, which divides that of the channels"),),
    infer=_infer,
    aliases=("channelshuffle", "channel_shuffle", "shufflechannel"),
    family="shape",
)

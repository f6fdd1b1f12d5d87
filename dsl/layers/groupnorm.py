"""groupnorm: groups of each image's channels brought to mean 0 and variance 1."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.normalization import EPSILON, look_at_count, scale_and_shift
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import TRAINED


def _infer(context: Context) -> Shape:
    groups, given = int(context.arguments["groups"][0]), context.input
    if given[0] % groups:
        span = context.span("groups")
        raise Refused(messages.no_equal_groups(span, groups, given[0], context.source))
    look_at_count(context, product(given) // groups, "write fewer groups")
    return given


LAYER = Layer(
    name="groupnorm",
    summary="In each image, the values of so many groups of channels to mean 0 and variance 1 "
    "each, then times a trained scale plus a trained shift of each channel.",
    example="groupnorm 4",
    arguments=(Argument("groups", "the number of groups"),),
    options=(EPSILON, *TRAINED),
    source="Wu and He 2018, Group normalization",
    infer=_infer,
    parameters=scale_and_shift,
    aliases=("groupnormalization",),
    family="normalization",
    takes_in=True,
)

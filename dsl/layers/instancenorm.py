"""instancenorm: each channel of each image brought to mean 0 and variance 1."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.normalization import EPSILON, look_at_count, scale_and_shift
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.sequences import along
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import TRAINED


def _infer(context: Context) -> Shape:
    given = context.input
    if len(given) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, "instancenorm", given, context.source))
    look_at_count(context, product(given[1:]), "write `layernorm`")
    return given


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    return scale_and_shift(given, arguments) if arguments["affine"] else ()


LAYER = Layer(
    name="instancenorm",
    summary="In each image, each channel to mean 0 and variance 1; with `affine`, then times a "
    "trained scale plus a trained shift of each channel. In prediction as in training.",
    example="instancenorm",
    options=(
        Argument("affine", "a trained scale and shift of each channel", "switch", optional=True),
        EPSILON,
        *TRAINED,
    ),
    source="Ulyanov et al. 2016, Instance normalization",
    infer=along(_infer),
    parameters=_parameters,
    aliases=("instancenormalization", "instancenorm2d"),
    family="normalization",
    channels="kept",
    takes_in=True,
)

"""linear: every output is a weighted sum of every input."""

from dsl import messages
from dsl.messages import product
from dsl.registry import Argument, Arguments, Context, Layer, Parameter, Shape
from dsl.values import Refused


def _infer(context: Context) -> Shape:
    if len(context.input) != 1:
        span = context.line.keyword.span
        raise Refused(messages.linear_on_map(span, context.input, context.source))
    return (int(context.arguments["size"][0]),)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    outputs = int(arguments["size"][0])
    weight = Parameter("weight", (outputs, given[0]), given[0])
    bias = Parameter("bias", (outputs,), given[0])
    return (weight, bias) if arguments["bias"] == "yes" else (weight,)


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return product(given) * product(shape)


LAYER = Layer(
    name="linear",
    summary="A fully connected layer: the number of its outputs.",
    example="linear 100",
    arguments=(Argument("size", "the number of outputs"),),
    options=(
        Argument(
            "bias", "a trained number added to each output", "choice",
            words=("yes", "no"), default="yes",
        ),
    ),
    infer=_infer,
    parameters=_parameters,
    macs=_macs,
    aliases=("dense", "fc", "fullyconnected", "innerproduct", "inner_product", "connected"),
)  # fmt: skip

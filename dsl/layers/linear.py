"""linear: every output is a weighted sum of every input."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import BIAS, INIT, REGULARIZED, weight_and_bias


def _infer(context: Context) -> Shape:
    if len(context.input) != 1:
        span = context.line.keyword.span
        raise Refused(messages.linear_on_map(span, context.input, context.source))
    return (int(context.arguments["size"][0]),)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    outputs = int(arguments["size"][0])
    return weight_and_bias((outputs, given[0]), given[0], arguments)


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return product(given) * product(shape)


LAYER = Layer(
    name="linear",
    summary="A fully connected layer: the number of its outputs.",
    example="linear 100",
    arguments=(Argument("size", "the number of outputs"),),
    options=(BIAS, INIT, *REGULARIZED),
    infer=_infer,
    parameters=_parameters,
    macs=_macs,
    aliases=("dense", "fc", "fullyconnected", "innerproduct", "inner_product", "connected"),
    family="dense",
    channels="own",
    foldable=True,
)

"""rbf: the squared distance of the input to a point for each output (LeCun et al. 1998)."""

from lenet.dsl.bitmaps import DIGITS
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.shapes import Shape, product


def _infer(context: Context) -> Shape:
    outputs = int(context.arguments["size"][0])
    if len(context.input) != 1:
        span = context.line.keyword.span
        raise Refused(messages.linear_on_map(span, context.input, context.source, "rbf"))
    if context.arguments["codes"] == "ascii7x12":
        inputs = context.input[0]
        if inputs != len(DIGITS[0]) or outputs > len(DIGITS):
            span = context.span("codes")
            raise Refused(messages.no_codes(span, inputs, outputs, len(DIGITS)))
    return (outputs,)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    outputs = int(arguments["size"][0])
    if arguments["codes"] == "trained":
        return (Parameter("codes", (outputs, given[0]), given[0]),)
    values = tuple(value for digit in DIGITS[:outputs] for value in digit)
    return (Parameter("codes", (outputs, given[0]), initial=values, trained=False),)


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return product(given) * product(shape)


LAYER = Layer(
    name="rbf",
    summary="The squared distance of the input to the code of each class; the smallest is the "
    "best. It ends a net, with `loss map`.",
    example="rbf 10",
    arguments=(Argument("size", "the number of outputs"),),
    options=(
        Argument(
            "codes",
            "trained points, or the fixed bitmaps of the digits of 7x12 pixels of -1 and 1",
            "choice",
            words=("trained", "ascii7x12"),
            default="trained",
        ),
    ),
    infer=_infer,
    parameters=_parameters,
    macs=_macs,
    aliases=("radialbasis", "euclidean", "gaussian"),
    family="radial",
    gives="distances",
)

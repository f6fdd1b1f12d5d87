"""depthwise: a convolution of each channel by itself."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.sequences import along
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import BIAS, INIT, REGULARIZED, weight_and_bias
from lenet.dsl.windows import DILATE, PAD, SIDES, STRIDE, pair, slide


def _infer(context: Context) -> Shape:
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, "depthwise", context.input, context.source))
    window = context.arguments["window"] = pair(context.arguments["window"])
    given = context.arguments["multiplier"]
    multiplier = int(given[0]) if given else 1
    context.arguments["multiplier"] = multiplier if multiplier > 1 else None
    return (context.input[0] * multiplier, *slide(context, window, "window", (1, 1)))


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    size, multiplier = product(arguments["window"]), arguments["multiplier"] or 1
    shape = (given[0] * multiplier, 1, *arguments["window"])
    return weight_and_bias(shape, size, arguments, fan_out=multiplier * size)


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return product(shape) * product(arguments["window"])


LAYER = Layer(
    name="depthwise",
    summary="A convolution of each channel by itself: kernel height x kernel width.",
    example="depthwise 3x3",
    arguments=(Argument("window", "kernel size, or height x width", counts=(1, 2)),),
    options=(
        STRIDE,
        PAD,
        *SIDES,
        DILATE,
        Argument(
            "multiplier",
            "outputs of each channel, side by side",
            optional=True,
            aliases=("depth_multiplier", "depthmultiplier", "channel_multiplier"),
        ),
        BIAS,
        INIT,
        *REGULARIZED,
    ),
    infer=along(_infer),
    parameters=_parameters,
    macs=_macs,
    aliases=(
        "depthwiseconv2d",
        "depthwiseconv",
        "depthwise_conv2d",
        "depthwiseconvolution",
        "depthwise_conv",
        "dwconv",
        "convolutiondepthwise",
        "depthwiseconv2dnative",
    ),
    source="Sifre 2014, Rigid-motion scattering for image classification",
    family="convolution",
    channels="kept",
    foldable=True,
    takes_in=True,
)

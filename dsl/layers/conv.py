"""conv: a two-dimensional convolution (cross-correlation, as in every framework)."""

from dsl.registry import Argument, Arguments, Context, Layer, Parameter
from dsl.shapes import Shape, product
from dsl.weights import BIAS, weight_and_bias
from dsl.windows import PAD, STRIDE, slide


def _infer(context: Context) -> Shape:
    channels, *kernel = (int(size) for size in context.arguments["size"])
    height, width = slide(context, tuple(kernel), "size", (1, 1))
    return (channels, height, width)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    channels, height, width = (int(size) for size in arguments["size"])
    fan_in = given[0] * height * width
    return weight_and_bias((channels, given[0], height, width), fan_in, arguments)


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return product(shape) * given[0] * product(arguments["size"][1:])


LAYER = Layer(
    name="conv",
    summary="A convolution: output channels x kernel height x kernel width.",
    example="conv 6x5x5",
    arguments=(Argument("size", "output channels x kernel height x kernel width", counts=(3,)),),
    options=(
        STRIDE,
        PAD,
        BIAS,
    ),
    infer=_infer,
    parameters=_parameters,
    macs=_macs,
    aliases=("conv2d", "convolution", "convolutional", "spatialconvolution", "convolution2d"),
)

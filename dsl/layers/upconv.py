"""upconv: a transposed convolution, which makes maps larger."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.padding import Sides, bound, grown
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import BIAS, INIT, REGULARIZED, weight_and_bias
from lenet.dsl.windows import DILATE, PAD, STRIDE, pair, reach


def _infer(context: Context) -> Shape:
    arguments, (channels, *size) = context.arguments, context.arguments["size"]
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, "upconv", context.input, context.source))
    stride = pair(arguments["stride"] or (1, 1))
    dilate = pair(arguments["dilate"] or (1, 1))
    extra = pair(arguments["extra"] or (0, 0))
    whole = reach(pair(size), dilate)
    if arguments["pad"] == "same":
        if any(extra):
            limits = "left out beside `pad same`"
            raise Refused(_out_of_range(context, "extra", max(extra), limits))
        (down, more), (across, beyond) = (grown(*axis) for axis in zip(whole, stride, strict=True))
        sides, extra = (down, across), (more, beyond)
    else:
        sides = _sides(context, whole, stride, extra)
        for more, step in zip(extra, stride, strict=True):
            if more >= step:
                limits = f"below the stride, {step}"
                raise Refused(_out_of_range(context, "extra", more, limits))
    arguments["stride"], arguments["pad"] = stride, bound(sides)
    arguments["dilate"] = None if dilate == (1, 1) else dilate
    arguments["extra"] = extra if any(extra) else None
    height, width = (
        (given - 1) * step - sum(side) + all_rows + more
        for given, step, side, all_rows, more in zip(
            context.input[1:], stride, sides, whole, extra, strict=True
        )
    )
    return (int(channels), height, width)


def _sides(context: Context, whole: Shape, stride: Shape, extra: Shape) -> Sides:
    """What is left out on each side; something has to stay."""
    pads = pair(context.arguments["pad"])
    for axis, pad in enumerate(pads):
        size = (context.input[1 + axis] - 1) * stride[axis] + whole[axis] + extra[axis]
        if 2 * pad >= size:
            limit = f"at most {(size - 1) // 2}, or nothing is left of the {size}"
            raise Refused(_out_of_range(context, "pad", pad, limit))
    return (pads[0], pads[0]), (pads[1], pads[1])


def _out_of_range(context: Context, option: str, value: int, limits: str) -> messages.Diagnostic:
    return messages.out_of_range(context.span(option), f"the {option} of `upconv`", value, limits)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    channels, height, width = (int(size) for size in arguments["size"])
    shape = (given[0], channels, height, width)
    seen = given[0] * height * width // product(arguments["stride"])  # on the average
    return weight_and_bias(
        shape, max(1, seen), arguments, fan_out=channels * height * width, axis=1
    )


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    return product(given) * shape[0] * product(arguments["size"][1:])


LAYER = Layer(
    name="upconv",
    summary="A transposed convolution, by whose strides maps grow: output channels x kernel height "
    "x kernel width.",
    example="upconv 16x2x2 stride 2",
    arguments=(Argument("size", "output channels x kernel height x kernel width", counts=(3,)),),
    options=(
        STRIDE,
        Argument(
            "pad",
            "rows and columns left out around the output; `same`: as many as leave `stride` times "
            "the size of the input, the odd one below or on the right",
            counts=(1, 2),
            least=0,
            words=PAD.words,
            yields=True,
            default=(0, 0),
            aliases=PAD.aliases,
        ),
        Argument(
            "extra",
            "rows and columns more below and on the right, which a stride leaves open",
            counts=(1, 2),
            least=0,
            optional=True,
            aliases=("output_padding", "outputpadding", "adj", "adjw"),
        ),
        DILATE,
        BIAS,
        INIT,
        *REGULARIZED,
    ),
    infer=_infer,
    parameters=_parameters,
    macs=_macs,
    aliases=(
        "convtranspose2d",
        "conv2dtranspose",
        "conv2d_transpose",
        "conv_transpose2d",
        "convtranspose",
        "transposedconv",
        "transposedconvolution",
        "deconv",
        "deconv2d",
        "deconvolution",
        "deconvolutional",
        "deconvolution2d",
        "spatialfullconvolution",
        "fullconvolution",
        "backwardconv",
    ),
    source="Zeiler et al. 2010, Deconvolutional networks",
    family="convolution",
    channels="own",
    foldable=True,
    takes_in=True,
)

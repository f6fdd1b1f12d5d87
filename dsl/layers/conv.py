"""conv: a two-dimensional convolution (cross-correlation, as in every framework)."""

from collections.abc import Mapping
from typing import Any

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.sequences import CAUSAL, along, shortened
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import BIAS, INIT, REGULARIZED, weight_and_bias
from lenet.dsl.windows import DILATE, PAD, SIDES, STRIDE, slide


def _infer(context: Context) -> Shape:
    if len(context.input) != 3:
        span = context.line.keyword.span
        raise Refused(messages.needs_map(span, "conv", context.input, context.source))
    if len(context.arguments["size"]) != 3:
        what, got = "the size of `conv`", "two sizes, as for a sequence"
        expected = "three sizes, like 6x5x5"
        raise Refused(messages.wrong_value(context.span("size"), what, expected, got))
    channels, *kernel = (int(size) for size in context.arguments["size"])
    table = context.arguments["connect"]
    if table is not None:
        if not table.seen:
            raise Refused(messages.already_reported(context.span("connect")))
        if (table.inputs, table.outputs) != (context.input[0], channels):
            raise Refused(
                messages.table_differs(
                    context.span("connect"),
                    table.name,
                    (table.inputs, table.outputs),
                    (context.input[0], channels),
                    table.span,
                )  # fmt: skip
            )
    given = context.arguments["groups"]
    groups = int(given[0]) if given else 1
    context.arguments["groups"] = groups if groups > 1 else None
    if groups > 1 and table is not None:
        raise Refused(messages.groups_with_table(context.span("groups"), context.span("connect")))
    if context.input[0] % groups or channels % groups:
        raise Refused(
            messages.groups_do_not_divide(
                context.span("groups"), groups, context.input[0], channels, context.source
            )
        )
    height, width = slide(context, tuple(kernel), "size", (1, 1))
    if context.arguments["algorithm"] == "winograd" and not winograd_applies(context.arguments):
        raise Refused(messages.no_winograd(context.span("algorithm")))
    return (channels, height, width)


def winograd_applies(arguments: Mapping[str, Any]) -> bool:
    """Whether Winograd's transforms can compute a convolution with these arguments."""
    kernel = tuple(int(size) for size in arguments["size"][1:])
    plain = arguments["stride"] == (1, 1) and not arguments["dilate"] and not arguments["groups"]
    return kernel in ((3, 3), (5, 5)) and plain


def winograd_parts(arguments: Mapping[str, Any]) -> set[str]:
    """What of a convolution Winograd's transforms compute: see the pass choose_algorithm."""
    name, *parts = str(arguments["algorithm"]).split("-")
    return set(parts or ("forward", "backward", "gradient")) if name == "winograd" else set()


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    channels, height, width = (int(size) for size in arguments["size"])
    groups, table = arguments["groups"] or 1, arguments["connect"]
    shape = (channels, given[0] // groups, height, width)
    if table is None:
        fan_out = channels // groups * height * width if groups > 1 else 0
        return weight_and_bias(shape, product(shape[1:]), arguments, fan_out=fan_out)
    fan_in = round(sum(map(sum, table.seen)) * height * width / channels)  # on the average
    return weight_and_bias(shape, fan_in, arguments, table.by_output)


def _macs(given: Shape, shape: Shape, arguments: Arguments) -> int:
    table = arguments["connect"]
    pairs = shape[0] * given[0] // (arguments["groups"] or 1)
    if table is not None:
        pairs = sum(map(sum, table.seen))
    return product(shape[1:]) * pairs * product(arguments["size"][1:])


LAYER = Layer(
    name="conv",
    summary="A convolution: output channels x kernel height x kernel width; of a sequence, output "
    "channels x steps.",
    example="conv 6x5x5",
    arguments=(
        Argument(
            "size",
            "output channels x kernel height x kernel width, or channels x steps of a sequence",
            counts=(2, 3),
        ),
    ),
    options=(
        STRIDE,
        PAD,
        *SIDES,
        DILATE,
        CAUSAL,
        Argument(
            "groups",
            "parts of the channels: each part of the outputs sees one part of the inputs",
            optional=True,
            aliases=("group", "num_group", "n_group", "ngroups"),
        ),
        BIAS,
        INIT,
        *REGULARIZED,
        Argument(
            "connect",
            "which input maps each output map sees, all if absent",
            "table",
            optional=True,
        ),
        Argument(
            "algorithm",
            "how it is computed: direct sums, Winograd's transforms (3x3 and 5x5 kernels with "
            "stride 1, without `dilate` and `groups`), or what the compiler expects to be faster",
            "choice",
            words=("auto", "direct", "winograd"),
            default="auto",
        ),
    ),
    infer=along(_infer),
    parameters=_parameters,
    macs=_macs,
    aliases=(
        "conv2d",
        "convolution",
        "convolutional",
        "spatialconvolution",
        "convolution2d",
        "conv_2d",
    ),
    family="convolution",
    channels="own",
    foldable=True,
    shortens=shortened,
    takes_in=True,
)

"""subsample: the mean of each window times a trained gain, plus a bias (LeCun et al. 1998)."""

from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter
from lenet.dsl.shapes import Shape
from lenet.dsl.weights import TRAINED
from lenet.dsl.windows import STRIDE, pair, slide


def _infer(context: Context) -> Shape:
    window = context.arguments["window"] = pair(context.arguments["window"])
    return (context.input[0], *slide(context, window, "window", window))


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    return (
        Parameter("gain", given[:1], initial=1.0),
        Parameter("bias", given[:1], initial=0.0),
    )


LAYER = Layer(
    name="subsample",
    summary="The mean of each window times a trained gain, plus a trained bias, of each map.",
    example="subsample 2",
    arguments=(Argument("window", "window size, height x width", counts=(1, 2)),),
    options=(STRIDE, *TRAINED),
    infer=_infer,
    parameters=_parameters,
    aliases=("subsampling", "spatialsubsampling"),
    family="pooling",
    channels="kept",
)

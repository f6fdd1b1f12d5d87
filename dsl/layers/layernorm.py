"""layernorm: each image's channels brought to mean 0 and variance 1 at each place."""

from lenet.dsl.normalization import EPSILON, look_at_count, scale_and_shift
from lenet.dsl.registry import Argument, Context, Layer, kept
from lenet.dsl.shapes import Shape, product
from lenet.dsl.weights import TRAINED


def _infer(context: Context) -> Shape:
    given, values = context.input, context.arguments["values"]
    many = given if values == "all" or len(given) == 1 else given[:1]
    instead = "leave it out" if product(given) == 1 else "write `layernorm all`"
    look_at_count(context, product(many), instead)
    return given


LAYER = Layer(
    name="layernorm",
    summary="In each image, the values of all channels at a place to mean 0 and variance 1, then "
    "times a trained scale plus a trained shift of each channel, as in transformers, Keras and "
    "ConvNeXt (which has `epsilon 1e-6`); of a vector, all its values. `layernorm all` takes all "
    "values of the image together; PyTorch's LayerNorm of a map does that too, but has a scale "
    "and a shift for each value.",
    example="layernorm",
    arguments=(
        Argument("values", "what is normalized together", "choice", words=("channels", "all"),
                 default="channels"),
    ),
    options=(EPSILON, *TRAINED),
    source="Ba et al. 2016, Layer normalization",
    infer=_infer,
    parameters=scale_and_shift,
    aliases=("layernormalization", "layernorm2d"),
    family="normalization",
    shortens=kept,
    takes_in=True,
)  # fmt: skip

"""layerscale: a trained factor for each channel."""

from lenet.dsl.registry import Argument, Arguments, Layer, Parameter, kept
from lenet.dsl.shapes import Shape
from lenet.dsl.weights import TRAINED


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    return (Parameter("scale", given[:1], initial=arguments["first"], pytorch="weight"),)


LAYER = Layer(
    name="layerscale",
    summary="Each channel times a trained factor of its own, which weight decay spares as it does "
    "biases. With a small one at first, a deep net of `add`s begins as one whose paths hardly "
    "count: the layer scale of ConvNeXt, which has `layerscale 0.000001`.",
    example="layerscale 0.000001",
    arguments=(
        Argument("first", "what the factors are at first", "real", low=-1e6, high=1e6,
                 default=1.0),
    ),
    options=TRAINED,
    source="Touvron et al. 2021, Going deeper with image transformers",
    parameters=_parameters,
    aliases=("layer_scale", "cmul"),
    family="activation",
    channels="kept",
    shortens=kept,
)  # fmt: skip

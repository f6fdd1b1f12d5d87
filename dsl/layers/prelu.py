"""prelu: a leaky relu that trains its slopes."""

from lenet.dsl.registry import Argument, Arguments, Layer, Parameter, kept
from lenet.dsl.shapes import Shape
from lenet.dsl.weights import TRAINED


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    shape = (1,) if arguments["shared"] else given[:1]
    return (Parameter("slope", shape, initial=0.25, pytorch="weight"),)


LAYER = Layer(
    name="prelu",
    summary="Each value, or where it is negative a trained slope times it: one a channel, 0.25 at "
    "first, which weight decay spares as it does biases.",
    example="prelu",
    options=(
        Argument("shared", "one slope for all channels, as PyTorch has it by default", "switch",
                 optional=True, aliases=("channel_shared",)),
        *TRAINED,
    ),
    source="He et al. 2015, Delving deep into rectifiers",
    parameters=_parameters,
    aliases=("parametricrelu",),
    family="activation",
    channels="kept",
    shortens=kept,
)  # fmt: skip

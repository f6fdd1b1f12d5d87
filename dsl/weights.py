"""What layers with weights share: a weight tensor and an optional bias."""

from lenet.dsl.registry import Argument, Arguments, Parameter
from lenet.dsl.shapes import Shape

BIAS = Argument(
    "bias",
    "a trained number added to each output channel",
    "choice",
    words=("yes", "no"),
    default="yes",
    aliases=("use_bias", "bias_term"),
)


def weight_and_bias(
    shape: Shape,
    fan_in: int,
    arguments: Arguments,
    mask: tuple[tuple[bool, ...], ...] | None = None,
) -> tuple[Parameter, ...]:
    """A weight of this shape, outputs first, and a bias for each output unless `bias no`."""
    weight = Parameter("weight", shape, fan_in, mask=mask)
    bias = Parameter("bias", shape[:1], fan_in)
    return (weight, bias) if arguments["bias"] == "yes" else (weight,)

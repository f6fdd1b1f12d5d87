"""What layers with weights share: a weight tensor and an optional bias."""

from lenet.dsl.initial import INITIAL
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

INIT = Argument(
    "init",
    "what the weights are at first; then the biases are 0",
    "word",
    registry=INITIAL,
    optional=True,
    aliases=("initializer", "weight_init", "weightinit", "kernel_initializer", "weight_filler"),
)


def weight_and_bias(
    shape: Shape,
    fan_in: int,
    arguments: Arguments,
    mask: tuple[tuple[bool, ...], ...] | None = None,
) -> tuple[Parameter, ...]:
    """A weight of this shape, outputs first, and a bias for each output unless `bias no`."""
    init = arguments["init"]
    weight = Parameter("weight", shape, fan_in, init, mask=mask)
    bias = Parameter("bias", shape[:1], fan_in, None if init is None else 0.0)
    return (weight, bias) if arguments["bias"] == "yes" else (weight,)

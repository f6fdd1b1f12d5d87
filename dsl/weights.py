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

# What a line may say of how its layer's trained tensors change, beside the section `train`.
TRAINED = (
    Argument(
        "rate",
        "the learning rate of this layer is that of the section `train`, times this",
        "factor",
        low=1e-12,
        optional=True,
        aliases=("lr_mult", "learning_rate_multiplier", "lr"),
    ),
    Argument(
        "frozen",
        "its parameters stay as they are",
        "switch",
        optional=True,
        aliases=("freeze", "untrained"),
    ),
)
# Of layers with weights, and not only scales and shifts.
REGULARIZED = (
    *TRAINED,
    Argument("l1", "for this layer, in place of the `l1` of the section `train`", "real",
             optional=True, aliases=("l1_regularizer",)),
    Argument("l2", "for this layer, in place of the `l2` of the section `train`", "real",
             optional=True, aliases=("regularizer", "kernel_regularizer", "w_regularizer")),
    Argument("max_norm", "for this layer, in place of the `max_norm` of the section `train`",
             "real", low=1e-30, optional=True, aliases=("maxnorm", "kernel_constraint")),
)  # fmt: skip


def weight_and_bias(
    shape: Shape,
    fan_in: int,
    arguments: Arguments,
    mask: tuple[tuple[bool, ...], ...] | None = None,
    fan_out: int = 0,
    axis: int = 0,
) -> tuple[Parameter, ...]:
    """A weight of this shape, whose outputs are one axis, and a bias for each unless `bias no`."""
    init = arguments["init"]
    weight = Parameter("weight", shape, fan_in, init, mask=mask, fan_out=fan_out, axis=axis)
    bias = Parameter("bias", (shape[axis],), fan_in, None if init is None else 0.0)
    return (weight, bias) if arguments["bias"] == "yes" else (weight,)

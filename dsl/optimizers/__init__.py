"""Optimizers: how a gradient changes the parameters. Each is an entry, carried out by the module of
the same name in compiler/optimizers."""

from dataclasses import dataclass, replace

from lenet.dsl.vocabulary import Option, Registry, Use, Word


@dataclass(frozen=True, kw_only=True)
class Optimizer(Word):
    """An optimizer's entry in the vocabulary.

    `formula` is one step, for a parameter w with the mean gradient g and the learning rate. The
    `usual` one is taken where no line names one. `momentum` is the option that a schedule of the
    rate may change from step to step as the momentum, where there is one. One that goes `by_tensor`
    has to know all of a tensor's gradient before its step, one for the `whole` that of all tensors:
    it has all images in each batch.
    """

    formula: str
    momentum: str = ""
    by_tensor: bool = False
    whole: bool = False
    usual: bool = False


OPTIMIZERS: Registry[Optimizer] = Registry(__name__, "OPTIMIZER")
WEIGHT_DECAY = Option(
    "weight_decay",
    "this part of each parameter is added to its slope",
    what="the weight decay",
    aliases=("wd",),
)
DECOUPLED_WEIGHT_DECAY = replace(
    WEIGHT_DECAY, summary="each step also shrinks the parameters by this factor times the rate"
)
# PyTorch decays everything unless its user makes groups of parameters.
DECAY = Option(
    "decay",
    "what the weight decay is for",
    "choice",
    "weights",
    choices={
        "weights": "of `decay`: tensors with more than one axis; biases, and the scales and shifts "
        "of normalizations, are spared",
        "all": "of `decay`: all parameters",
    },
    news="added",
)
# Of those that scale steps as Adam does.
MOMENTS = (
    Option("beta1", "the part of the old in the running mean of slopes", default=0.9, high=1),
    Option(
        "beta2", "the part of the old in the running mean of squared slopes", default=0.999, high=1
    ),
    Option("epsilon", "is added to the root that steps are divided by", default=1e-8, low=1e-30),
)


def usual_optimizer() -> Use:
    """What trains a net whose file names none."""
    return next(entry for entry in OPTIMIZERS.values() if entry.usual).use()


def decays_all(optimizer: Use) -> bool:
    """Whether its weight decay is for biases, and for the scales of normalizations, too."""
    return dict(optimizer.values).get(DECAY.name) == "all"


def with_momentum(optimizer: Use, momentum: float) -> Use:
    """The same with this momentum, which it must have."""
    name = OPTIMIZERS[optimizer.name].momentum
    return Use(optimizer.name, tuple((key, momentum if key == name else value)
                                     for key, value in optimizer.values))  # fmt: skip


def undecayed(optimizer: Use) -> Use:
    """The same without weight decay."""
    spared = ((name, 0.0 if name == WEIGHT_DECAY.name else v) for name, v in optimizer.values)
    return Use(optimizer.name, tuple(spared))

"""Optimizers: how a gradient changes the parameters. Each is an entry, carried out by the module of
the same name in compiler/optimizers."""

from dataclasses import dataclass

from lenet.dsl.vocabulary import Option, Registry, Use, Word


@dataclass(frozen=True, kw_only=True)
class Optimizer(Word):
    """An optimizer's entry in the vocabulary.

    `formula` is one step, for a parameter w with the mean gradient g and the learning rate. The
    `usual` one is taken where no line names one.
    """

    formula: str
    usual: bool = False


OPTIMIZERS: Registry[Optimizer] = Registry(__name__, "OPTIMIZER")
WEIGHT_DECAY = Option(
    "weight_decay",
    "each step also shrinks the parameters by this factor times the rate",
    what="the weight decay",
    aliases=("decay",),
)


def usual_optimizer() -> Use:
    """What trains a net whose file names none."""
    return next(entry for entry in OPTIMIZERS.values() if entry.usual).use()

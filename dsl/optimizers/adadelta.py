"""adadelta: steps as large as those before, by the size of the slopes."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="adadelta",
    summary="gradient descent whose steps are scaled by the root of running means of each "
    "parameter's squared steps and squared slopes, for a rate of 1; its options and defaults are "
    "PyTorch's",
    example="optimizer adadelta rho 0.95",
    formula="g = g + weight_decay * w; s = rho * s + (1 - rho) * g * g; "
    "step = sqrt(d + epsilon) / sqrt(s + epsilon) * g; d = rho * d + (1 - rho) * step * step; "
    "w = w - rate * step",
    source="Zeiler 2012, ADADELTA: an adaptive learning rate method",
    options=(
        Option("rho", "the part of the old in the running means", default=0.9, high=1),
        Option(
            "epsilon",
            "is added to both running means, and so makes the first step (BigDL's is 1e-10)",
            default=1e-6,
            low=1e-30,
        ),
        WEIGHT_DECAY,
        DECAY,
    ),
)

"""lion: steps of the same size for all parameters."""

from lenet.dsl.optimizers import DECAY, DECOUPLED_WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="lion",
    summary="all parameters move by the rate, against the sign of a running mean of their slopes; "
    "it takes a rate that is a third to a tenth of adam's",
    example="optimizer lion weight_decay 0.1",
    formula="c = beta1 * m + (1 - beta1) * g; m = beta2 * m + (1 - beta2) * g; "
    "w = w - rate * (sign(c) + weight_decay * w)",
    source="Chen et al. 2023, Symbolic discovery of optimization algorithms",
    options=(
        Option("beta1", "the part of the running mean in the step", default=0.9, high=1),
        Option("beta2", "the part of the old in the running mean", default=0.99, high=1),
        DECOUPLED_WEIGHT_DECAY,
        DECAY,
    ),
)

"""adagrad: steps divided by the root of the sum of all squared slopes so far."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="adagrad",
    summary="gradient descent whose steps are divided by the root of the sum of all of a "
    "parameter's squared slopes so far; its options and defaults are PyTorch's",
    example="optimizer adagrad initial_accumulator_value 0.1",
    formula="g = g + weight_decay * w; s = s + g * g, where s begins with "
    "initial_accumulator_value; "
    "w = w - rate / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + epsilon)",
    source="Duchi, Hazan and Singer 2011, Adaptive subgradient methods for online learning and "
    "stochastic optimization",
    options=(
        Option("lr_decay", "the rate is divided by 1 and this for each step before"),
        Option("initial_accumulator_value", "what the sum of squared slopes begins with"),
        Option(
            "epsilon", "is added to the root that slopes are divided by", "number", 1e-10, 1e-30
        ),
        WEIGHT_DECAY,
        DECAY,
    ),
)

"""rmsprop: steps divided by the root of a running mean of squared slopes."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="rmsprop",
    summary="gradient descent whose steps are divided by the root of a running mean of each "
    "parameter's squared slopes; its options and defaults are PyTorch's",
    example="optimizer rmsprop alpha 0.99 momentum 0.9",
    formula="g = g + weight_decay * w; s = alpha * s + (1 - alpha) * g * g; "
    "if centered, m = alpha * m + (1 - alpha) * g and d = sqrt(s - m * m) + epsilon, "
    "else d = sqrt(s) + epsilon; v = momentum * v + g / d; w = w - rate * v",
    source="Hinton 2012, Lecture 6e of Neural networks for machine learning; centered: Graves "
    "2013, Generating sequences with recurrent neural networks",
    options=(
        Option("alpha", "the part of the old in the running means", default=0.99, high=1),
        Option("epsilon", "is added to the root that slopes are divided by", "number", 1e-8, 1e-30),
        Option("momentum", "the part of the last step that is taken again", high=1),
        Option("centered", "the root is that of the variance", "switch", False),
        WEIGHT_DECAY,
        DECAY,
    ),
    momentum="momentum",
)

"""adam: running means of slopes and of their squares, with decoupled weight decay."""

from lenet.dsl.optimizers import WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="adam",
    summary="gradient descent whose steps are scaled by running means of each parameter's slopes "
    "and of their squares (Kingma and Ba 2015); its weight decay is decoupled from these, as in "
    "AdamW",
    example="optimizer adam beta1 0.9 beta2 0.999 epsilon 1e-8",
    formula="m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g; "
    "w = w - rate * (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay * w)",
    source="Kingma and Ba 2015, Adam; Loshchilov and Hutter 2019, Decoupled weight decay "
    "regularization",
    options=(
        Option("beta1", "the part of the old in the running mean of slopes", default=0.9, high=1),
        Option(
            "beta2",
            "the part of the old in the running mean of squared slopes",
            default=0.999,
            high=1,
        ),
        Option(
            "epsilon", "is added to the root that steps are divided by", default=1e-8, low=1e-30
        ),
        WEIGHT_DECAY,
    ),
    aliases=("adamw",),
)

"""nadam: Adam with Nesterov's momentum."""

from lenet.dsl.optimizers import DECAY, MOMENTS, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="nadam",
    summary="as adam, but with Nesterov's momentum, which grows over the steps; its options and "
    "defaults are PyTorch's",
    example="optimizer nadam momentum_decay 0.004",
    formula="g = g + weight_decay * w; "
    "m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g; "
    "u(t) = beta1 * (1 - 0.5 * 0.96^(t * momentum_decay)); p(t) = u(1) * u(2) * ... * u(t); "
    "w = w - rate * (u(t + 1) / (1 - p(t + 1)) * m + (1 - u(t)) / (1 - p(t)) * g) "
    "/ (sqrt(v / (1 - beta2^t)) + epsilon)",
    source="Dozat 2016, Incorporating Nesterov momentum into Adam",
    options=(
        *MOMENTS,
        Option("momentum_decay", "how fast the momentum grows from half of beta1", default=0.004),
        WEIGHT_DECAY,
        DECAY,
    ),
)

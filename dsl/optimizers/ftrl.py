"""ftrl: follow the regularized leader, which leaves many parameters at 0."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="ftrl",
    summary="follow the proximally regularized leader: the parameters that fit all gradients so "
    "far best, of which `lambda1` leaves many at 0; begins with the initial weights, and the rate "
    "may change",
    example="optimizer ftrl beta 1 lambda1 0.001",
    formula="g = g + weight_decay * w; n = n + g * g; q(t) = beta + sqrt(n), and q(0) = 0; "
    "z = z + rate * g - (q(t) - q(t - 1)) * w; if |z| > rate * lambda1, "
    "w = (sign(z) * rate * lambda1 - z) / (q(t) + rate * lambda2), else w = 0",
    source="McMahan et al. 2013, Ad click prediction: a view from the trenches, algorithm 1, where "
    "z is divided by the rate, alpha, which is constant, and weights begin with 0",
    options=(
        Option("beta", "is added to the root that steps are divided by", default=1.0, low=1e-30),
        Option("lambda1", "how much the sum of the sizes of the parameters counts"),
        Option("lambda2", "how much half the sum of their squares counts"),
        WEIGHT_DECAY,
        DECAY,
    ),
)

"""adamax: running means of slopes, divided by the largest slope of late."""

from dataclasses import replace

from lenet.dsl.optimizers import DECAY, MOMENTS, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="adamax",
    summary="as adam, but steps are divided by the largest of each parameter's slopes, of which "
    "the old ones fade; its options and defaults are PyTorch's",
    example="optimizer adamax beta1 0.9 beta2 0.99",
    formula="g = g + weight_decay * w; m = beta1 * m + (1 - beta1) * g; "
    "u = max(beta2 * u, |g| + epsilon); w = w - rate / (1 - beta1^t) * m / u",
    source="Kingma and Ba 2015, Adam, section 7.1",
    options=(
        MOMENTS[0],
        replace(MOMENTS[1], summary="what is left of the largest slope after each step"),
        Option(
            "epsilon",
            "is added to the size of each slope (BigDL's is 1e-38)",
            default=1e-8,
            low=1e-30,
        ),
        WEIGHT_DECAY,
        DECAY,
    ),
    momentum="beta1",
)

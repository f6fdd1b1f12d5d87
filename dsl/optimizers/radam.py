"""radam: Adam that trusts its running mean of squares only once it can."""

from lenet.dsl.optimizers import DECAY, MOMENTS, WEIGHT_DECAY, Optimizer

OPTIMIZER = Optimizer(
    name="radam",
    summary="as adam, but its first steps, for which the mean of squared slopes says little yet, "
    "are not divided by its root, and the next are shorter; its options and defaults are PyTorch's",
    example="optimizer radam beta2 0.99",
    formula="g = g + weight_decay * w; "
    "m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g; "
    "a = 2 / (1 - beta2) - 1; r = a - 2 * t * beta2^t / (1 - beta2^t); "
    "if r > 5, d = (sqrt(v) + epsilon) / sqrt(1 - beta2^t) "
    "* sqrt((a - 4) * (a - 2) * r / ((r - 4) * (r - 2) * a)), else d = 1; "
    "w = w - rate * m / (1 - beta1^t) / d",
    source="Liu et al. 2020, On the variance of the adaptive learning rate and beyond",
    options=(*MOMENTS, WEIGHT_DECAY, DECAY),
    momentum="beta1",
)

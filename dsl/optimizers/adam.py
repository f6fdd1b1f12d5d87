"""adam: running means of slopes and of their squares."""

from dataclasses import replace

from lenet.dsl.optimizers import DECAY, MOMENTS, WEIGHT_DECAY, Optimizer

OPTIMIZER = Optimizer(
    name="adam",
    summary="gradient descent whose steps are scaled by running means of each parameter's slopes "
    "and of their squares (Kingma and Ba 2015)",
    example="optimizer adam beta1 0.9 beta2 0.999 epsilon 1e-8",
    formula="g = g + weight_decay * w; "
    "m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g; "
    "w = w - rate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)",
    source="Kingma and Ba 2015, Adam",
    options=(*MOMENTS, replace(WEIGHT_DECAY, news="changed"), DECAY),  # it was decoupled
    momentum="beta1",
)

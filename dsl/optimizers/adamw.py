"""adamw: Adam with decoupled weight decay."""

from dataclasses import replace

from lenet.dsl.optimizers import DECAY, DECOUPLED_WEIGHT_DECAY, MOMENTS, Optimizer

OPTIMIZER = Optimizer(
    name="adamw",
    summary="as adam, but the weight decay is decoupled: it is not added to the slopes, and so not "
    "scaled as they are; its defaults are PyTorch's",
    example="optimizer adamw weight_decay 0.05",
    formula="m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g; "
    "w = w - rate * (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay * w)",
    source="Loshchilov and Hutter 2019, Decoupled weight decay regularization",
    options=(*MOMENTS, replace(DECOUPLED_WEIGHT_DECAY, default=0.01), DECAY),
    momentum="beta1",
)

"""lamb: Adam with a rate for each tensor, by how large its weights and its step are."""

from dataclasses import replace

from lenet.dsl.optimizers import DECAY, DECOUPLED_WEIGHT_DECAY, MOMENTS, Optimizer

OPTIMIZER = Optimizer(
    name="lamb",
    summary="adamw whose steps are in proportion to the size of each tensor, for very large "
    "batches; tensors that the weight decay spares take adamw's steps",
    example="optimizer lamb weight_decay 0.01",
    formula="m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g * g; "
    "r = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay * w; "
    "w = w - rate * |w| / |r| * r, but rate * r where |w| or |r| is 0",
    source="You et al. 2020, Large batch optimization for deep learning: training BERT in 76 "
    "minutes",
    options=(*(replace(option, default=1e-6) if option.name == "epsilon" else option
               for option in MOMENTS), DECOUPLED_WEIGHT_DECAY, DECAY),
    momentum="beta1",
    by_tensor=True,
)  # fmt: skip

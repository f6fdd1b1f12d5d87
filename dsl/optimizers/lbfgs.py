"""lbfgs: steps by the curvature that the last steps have shown, for a few images at once."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="lbfgs",
    summary="quasi-Newton steps, by what the last steps have shown of the curvature, for data that "
    "are few enough to be one batch; as PyTorch's with one iteration a step and without a line "
    "search; it keeps twice as many gradients as its `history` has",
    example="optimizer lbfgs history 10",
    formula="g = g + weight_decay * w; s = the last step and y = g - the last g are kept if "
    "s . y > 1e-10; d = -H g by the two loops over what is kept, from H = s . y / y . y of the "
    "newest, or 1; w = w + rate * d, in the first step rate * min(1, 1 / |g|_1) * d; but w stays "
    "where |g|_max <= 1e-7 or g . d > -1e-9",
    source="Liu and Nocedal 1989, On the limited memory BFGS method for large scale optimization",
    options=(
        Option("history", "how many steps are remembered", "whole", 10, 1, 100),
        WEIGHT_DECAY,
        DECAY,
    ),
    whole=True,
    aliases=("bfgs", "limitedmemorybfgs"),
)

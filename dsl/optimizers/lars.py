"""lars: a rate for each tensor, by how large its weights and its gradient are."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="lars",
    summary="sgd with momentum whose steps are in proportion to the size of each tensor, for very "
    "large batches; tensors that the weight decay spares take plain steps",
    example="optimizer lars momentum 0.9 weight_decay 0.0001",
    formula="l = trust * |w| / (|g| + weight_decay * |w|), but 1 where |w| or |g| is 0; "
    "v = momentum * v + rate * l * (g + weight_decay * w); w = w - v",
    source="You, Gitman and Ginsburg 2017, Large batch training of convolutional networks",
    options=(
        Option("momentum", "the part of the last step that is taken again", default=0.9, high=1),
        WEIGHT_DECAY,
        DECAY,
        Option("trust", "a step's size as a part of the size of the tensor", default=0.001),
    ),
    momentum="momentum",
    by_tensor=True,
)

"""sgd: stochastic gradient descent, with PyTorch's convention for momentum."""

from lenet.dsl.optimizers import WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="sgd",
    summary="stochastic gradient descent: parameters move against the mean gradient of a batch, "
    "times the rate",
    example="optimizer sgd momentum 0.9 nesterov weight_decay 0.0005",
    formula="g = g + weight_decay * w; v = momentum * v + g; "
    "w = w - rate * (g + momentum * v if nesterov else v)",
    source="Sutskever et al. 2013, On the importance of initialization and momentum",
    options=(
        Option(
            "momentum",
            "the part of the last step that is taken again, 0.9 for example",
            high=1,
        ),
        WEIGHT_DECAY,
        Option(
            "nesterov",
            "with momentum, the gradient is corrected as if the last step had been taken again "
            "already",
            kind="switch",
            default=False,
        ),
    ),
    # Without momentum there is nothing to look ahead with.
    fits=lambda use: use["momentum"] > 0 or not use["nesterov"],
    phrases={"momentum": "sgd momentum"},
    usual=True,
)

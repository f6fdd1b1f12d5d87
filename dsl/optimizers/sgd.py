"""sgd: stochastic gradient descent, with PyTorch's convention for momentum."""

from lenet.dsl.optimizers import DECAY, WEIGHT_DECAY, Optimizer
from lenet.dsl.vocabulary import Option

OPTIMIZER = Optimizer(
    name="sgd",
    summary="stochastic gradient descent: parameters move against the mean gradient of a batch, "
    "times the rate",
    example="optimizer sgd momentum 0.9 nesterov weight_decay 0.0005",
    formula="g = g + weight_decay * w; "
    "v = momentum * v + (1 - dampening) * g, but v = g in the first step; "
    "w = w - rate * (g + momentum * v if nesterov else v)",
    source="Sutskever et al. 2013, On the importance of initialization and momentum",
    options=(
        Option(
            "momentum",
            "the part of the last step that is taken again, 0.9 for example",
            high=1,
        ),
        WEIGHT_DECAY,
        DECAY,
        Option(
            "nesterov",
            "with momentum, the gradient is corrected as if the last step had been taken again "
            "already",
            kind="switch",
            default=False,
        ),
        Option(
            "dampening",
            "with momentum, the part of each gradient that is left out, but for the first; in "
            "BigDL it is as large as the momentum if absent",
            high=1,
            news="added",
        ),
    ),
    # Without momentum there is nothing to look ahead with, or to dampen; Nesterov's takes all of
    # the gradient.
    fits=lambda use: (
        not (use["nesterov"] or use["dampening"])
        or (use["momentum"] > 0 and not (use["nesterov"] and use["dampening"]))
    ),
    phrases={"momentum": "sgd momentum"},
    usual=True,
    momentum="momentum",
)

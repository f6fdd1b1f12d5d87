"""nll: the negative log-likelihood."""

from lenet.dsl.losses import SMOOTH, WEIGHTS, Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="nll",
    summary="the negative of the right class's log-probability, for a net that ends in "
    "`logsoftmax`",
    example="loss nll",
    formula="-(1 - smooth) * x[y] - smooth * mean(x)",
    options=(SMOOTH, WEIGHTS),
    taught=True,
    takes="log-probabilities",
    unfit=messages.nll_needs_logsoftmax,
    usual_for=("log-probabilities",),
    aliases=("nllloss", "classnll", "classnllcriterion"),
)

"""crossentropy: a softmax, and the negative log-likelihood."""

from lenet.dsl.losses import SMOOTH, WEIGHTS, Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="crossentropy",
    summary="the softmax of plain scores, and the negative of the right class's log-probability; "
    "of a map of scores, CxHxW, that of a class for each place, as segmentation has it",
    example="loss crossentropy",
    formula="log(sum(exp(x))) - (1 - smooth) * x[y] - smooth * mean(x)",
    options=(SMOOTH, WEIGHTS),
    taught=True,
    takes="scores",
    unfit=messages.crossentropy_after,
    usual_for=("scores", "probabilities"),
    places=True,
    aliases=("cross_entropy", "crossentropyloss", "categorical_crossentropy", "softmaxwithloss",
             "sparse_categorical_crossentropy"),
)  # fmt: skip

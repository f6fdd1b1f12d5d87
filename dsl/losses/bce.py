"""bce: the binary cross-entropy of answers yes or no."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages
from lenet.dsl.vocabulary import Option

WEIGHTS = Option(
    "weights",
    "how much a yes counts, for each question, where a no counts 1 (PyTorch's pos_weight)",
    kind="numbers",
    default=(),
    what="the weight of a yes",
    aliases=("pos_weight", "posweight"),
)
SMOOTH = Option(
    "smooth",
    "a yes becomes 1 - smooth / 2, and a no smooth / 2 (label smoothing), as Keras has it",
    high=1,
    what="the label smoothing",
    aliases=("label_smoothing", "labelsmoothing", "smoothing"),
)
LOSS = Loss(
    name="bce",
    summary="the binary cross-entropy of plain scores, for answers yes or no: one output for each "
    "question, of which several may be answered with yes (multi-label); predictions are the "
    "probabilities of yes",
    example="loss bce",
    formula="log(1 + exp(x)) - y * x, with y = 1 for yes; and a yes times its weight",
    options=(SMOOTH, WEIGHTS),
    answers="yes or no",
    takes="scores",
    unfit=messages.takes_scores("bce"),
    usual_for=("scores",),
    low=0.0,
    high=1.0,
    aliases=("bceloss", "bcewithlogits", "bcewithlogitsloss", "binarycrossentropy",
             "binary_crossentropy", "bcecriterion", "multilabelsoftmargin",
             "sigmoidcrossentropyloss", "multilabel"),
)  # fmt: skip

"""huber: squares of small differences, sizes of large ones."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages
from lenet.dsl.vocabulary import Option

DELTA = Option(
    "delta",
    "differences up to this are squared; in standard deviations of the answers, since these are "
    "standardized for the training",
    default=1.0,
    low=1e-6,
    what="the delta",
)
LOSS = Loss(
    name="huber",
    summary="half the square of small differences and the size of large ones, for numbers as "
    "answers with outliers; with `delta 1` it is PyTorch's smooth L1",
    example="loss huber delta 1",
    formula="(x - y)^2 / 2 where |x - y| <= delta, else delta * (|x - y| - delta / 2)",
    source="Huber 1964, Robust estimation of a location parameter",
    options=(DELTA,),
    answers="numbers",
    takes="scores",
    unfit=messages.takes_numbers("huber"),
    standardized=True,
    aliases=("huberloss", "smoothl1", "smoothl1loss", "smooth_l1", "smoothl1criterion"),
)

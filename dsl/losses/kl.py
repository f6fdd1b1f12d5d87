"""kl: how far a distribution over classes is from the right one."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="kl",
    summary="the Kullback-Leibler divergence of the right distribution, whose shares are the "
    "numbers that are to be answered, from the net's, which ends in `logsoftmax`",
    example="loss kl",
    formula="the sum (not the mean) of y * (log y - x) over the outputs, where y > 0",
    source="Kullback and Leibler 1951, On information and sufficiency; PyTorch's KLDivLoss, "
    "reduction='batchmean'",
    answers="numbers",
    takes="log-probabilities",
    unfit=messages.kl_needs_logsoftmax,
    usual_for=("log-probabilities",),
    low=0.0,
    high=1.0,
    logarithm=True,
    aliases=("kldiv", "kldivloss", "kld", "kldivergence", "kl_divergence", "distkldivcriterion",
             "kullback_leibler_divergence"),
)  # fmt: skip

"""poisson: counts, whose expected logarithm the net gives."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="poisson",
    summary="the negative log-likelihood of counts (0 or more) by Poisson's law, without what does "
    "not depend on the net, which gives the logarithm of the expected count; predictions are the "
    "expected counts",
    example="loss poisson",
    formula="exp(x) - y * x",
    source="PyTorch's PoissonNLLLoss, log_input=True (Keras' Poisson and BigDL's take the count "
    "itself for the logarithm)",
    answers="numbers",
    takes="scores",
    unfit=messages.takes_numbers("poisson"),
    low=0.0,
    logarithm=True,
    aliases=("poissonnll", "poissonnllloss", "poissonloss", "poissoncriterion"),
)

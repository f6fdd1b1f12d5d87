"""quantile: the net gives the quantiles of an answer."""

from itertools import pairwise

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages
from lenet.dsl.vocabulary import Option, Use

QUANTILES = Option(
    "quantiles",
    "the parts of the answers that lie below: an output of the net for each",
    kind="numbers",
    default=None,
    low=1e-6,
    high=1,
    what="the quantile",
)


def _rising(use: Use) -> bool:
    return all(a < b for a, b in pairwise(use[QUANTILES.name]))


LOSS = Loss(
    name="quantile",
    summary="of numbers as answers, the net gives quantiles, as many outputs an answer as the line "
    "has numbers: with `quantile 0.1 0.5 0.9`, eight of ten answers lie between the first and the "
    "last. Metrics take the quantile that is nearest to 0.5",
    example="loss quantile 0.1 0.5 0.9",
    formula="q * (y - x) where x < y, else (1 - q) * (x - y), for each quantile q and its output x",
    source="Koenker and Bassett 1978, Regression quantiles",
    values=(QUANTILES,),
    fits=_rising,
    answers="numbers",
    takes="scores",
    unfit=messages.takes_numbers("quantile"),
    standardized=True,
    each=QUANTILES.name,
    aliases=("pinball", "quantileloss", "pinballloss", "pinball_loss"),
)

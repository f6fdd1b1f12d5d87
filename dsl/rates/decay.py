"""decay: the rate falls as one over the iterations."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="decay",
    summary="the rate is divided by 1 + decay * iteration, or by a power of that",
    example="rate 0.4 decay 0.0002",
    formula="r / (1 + decay * t)^power",
    source="Torch's SGD, and so BigDL's (learningRateDecay); with a power, Caffe's policy `inv`",
    values=(Option("decay", "how fast it falls", default=None, what="the rate's decay"),),
    options=(Option("power", "of what the rate is divided by", default=1.0, low=1e-3, high=1e3),),
    aliases=("inv", "inverse", "inversetimedecay"),
)

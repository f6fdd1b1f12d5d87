"""decay: the rate falls as one over the iterations."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="decay",
    summary="the rate is divided by 1 + decay * iteration",
    example="rate 0.4 decay 0.0002",
    formula="r / (1 + decay * t)",
    source="Torch's SGD, and so BigDL's (learningRateDecay)",
    values=(Option("decay", "how fast it falls", default=None, what="the rate's decay"),),
)

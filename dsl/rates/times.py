"""times: the rate falls in steps of the same factor."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="times",
    summary="the rate is multiplied by this factor every so often, in steps",
    example="rate 0.1 times 0.5 every 10 epochs",
    formula="r * factor^floor(t / period)",
    source="Caffe's policy `step`; PyTorch's StepLR",
    values=(
        Option("factor", "what the rate is multiplied by", default=None, low=1e-6, high=1),
        Option("period", "how often, as in `every 10 epochs`", "duration", None, before="every"),
    ),
    aliases=("step", "steplr", "gamma"),
)

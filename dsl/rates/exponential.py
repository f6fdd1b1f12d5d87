"""exponential: the rate falls by the same factor over and over."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="exponential",
    summary="the rate is multiplied by this factor every so often, in a smooth curve",
    example="rate 0.1 exponential 0.97 every epoch",
    formula="r * factor^(t / period)",
    source="Keras' and TensorFlow's ExponentialDecay, as it is without `staircase`",
    values=(
        Option("factor", "what the rate is multiplied by", default=None, low=1e-6, high=1),
        Option("period", "how often, as in `every epoch`", "duration", None, before="every"),
    ),
    aliases=("exponentiallr", "exponentialdecay", "exp"),
)

"""plateau: the rate falls whenever a metric has not become better for some epochs."""

from lenet.dsl.lower.reader import Duration
from lenet.dsl.metrics import METRICS
from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="plateau",
    summary="the rate is multiplied by a factor whenever this metric of the validation has not "
    "become better for so many epochs",
    example="rate 0.1 plateau loss times 0.1 after 3 epochs",
    formula="r * times^n, for the n-th time that the metric stalled",
    source="ReduceLROnPlateau of Keras and PyTorch",
    values=(
        Option(
            "metric", "what is watched", "choice", None,
            choices={name: entry.summary for name, entry in METRICS.items()
                     if not entry.table and all(o.default is not None for o in entry.values)},
        ),
    ),
    options=(
        Option("times", "what the rate is multiplied by", default=0.1, low=1e-6, high=1),
        Option("after", "how many epochs it may stall, 3 if absent", "duration",
               Duration(3, "epochs")),
    ),
    fits=lambda use: use["after"].unit == "epochs",
    watches="metric",
    aliases=("reducelronplateau", "reduceonplateau", "reduce_on_plateau"),
)  # fmt: skip

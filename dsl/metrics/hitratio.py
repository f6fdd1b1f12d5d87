"""hitratio: how often what was seen is among the first."""

from lenet.dsl.metrics import Metric
from lenet.dsl.vocabulary import Option

FIRST = Option(
    "first",
    "among so many first ones",
    kind="whole",
    default=None,
    low=1,
    what="the number of first ones",
)
METRIC = Metric(
    name="hitratio",
    summary="of rows of `liked`, how often the item that was seen is among so many first ones, "
    "beside 99 that were not, as in `hitratio 10`",
    example="validate hitratio 10 every epoch",
    formula="the mean of 1 where fewer than so many of the others have a score as large, of 0 else",
    values=(FIRST,),
    answers=("yes or no",),
    asked=True,
    source="He et al. 2017, Neural collaborative filtering",
    aliases=("hit_ratio", "hr", "hitrate", "hit_rate", "recall_at_k"),
)

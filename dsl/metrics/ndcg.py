"""ndcg: how far in front lies what was seen."""

from lenet.dsl.metrics import Metric
from lenet.dsl.metrics.hitratio import FIRST

METRIC = Metric(
    name="ndcg",
    summary="of rows of `liked`, how far in front the item that was seen lies among so many first "
    "ones, beside 99 that were not, as in `ndcg 10`: 1 in the first place, 0 behind the last",
    example="validate ndcg 10 every epoch",
    formula="the mean of 1 / log2(2 + r) where r others have a score as large, and r is below the "
    "number, of 0 else",
    values=(FIRST,),
    answers=("yes or no",),
    asked=True,
    source="Järvelin and Kekäläinen 2002; He et al. 2017, Neural collaborative filtering",
    aliases=("normalized_discounted_cumulative_gain",),
)

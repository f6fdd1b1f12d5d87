"""median: worse than half of the others."""

from lenet.dsl.early import Early

EARLY_STOP = Early(
    name="median",
    summary="a trial ends where its best value so far is worse than the median of the others' at "
    "the same validation; the first five are left alone",
    example="early median",
    source="Golovin et al. 2017, Google Vizier",
    aliases=("medianpruner", "medianstopping"),
)

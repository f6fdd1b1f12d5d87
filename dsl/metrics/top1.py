"""top1: how often the likeliest class is the right one."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="top1",
    summary="the part of the images whose right class is the likeliest one",
    example="validate top1 every epoch",
    formula="the mean of 1 where p[y] is the largest of p, of equal ones the first, and of 0 else",
    usual=1,
    aliases=("acc", "top1accuracy"),
)

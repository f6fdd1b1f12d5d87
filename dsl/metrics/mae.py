"""mae: the mean absolute error, in the unit of the answers."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="mae",
    summary="the mean size of the error of numbers, in their unit (of `predict log`, that of the "
    "logarithms)",
    example="validate mae every epoch",
    formula="the mean of |x - y|, over all numbers of all rows",
    better="lower",
    share=False,
    answers=("numbers",),
    power=1,
    usual=2,
    aliases=("meanabsoluteerror", "mean_absolute_error"),
)

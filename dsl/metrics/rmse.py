"""rmse: the root of the mean squared error, in the unit of the answers."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="rmse",
    summary="the root of the mean squared error of numbers, in their unit (of `predict log`, that "
    "of the logarithms)",
    example="validate rmse every epoch",
    formula="sqrt(mean of (x - y)^2), over all numbers of all rows",
    better="lower",
    share=False,
    answers=("numbers",),
    power=1,
    usual=1,
    aliases=("rootmeansquarederror", "root_mean_squared_error"),
)

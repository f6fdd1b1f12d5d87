"""mse: the mean squared error, in the square of the answers' unit."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="mse",
    summary="the mean squared error of numbers, in the square of their unit",
    example="validate mse every epoch",
    formula="the mean of (x - y)^2, over all numbers of all rows",
    better="lower",
    share=False,
    answers=("numbers",),
    power=2,
    aliases=("meansquarederror", "mean_squared_error"),
)

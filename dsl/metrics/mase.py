"""mase: the error beside that of the simplest forecast."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="mase",
    summary="of steps that are told together, as of a series: the mean size of the error beside "
    "that of who answers each step with the one before; below 1 where the net is better than that",
    example="validate mase every epoch",
    formula="mean |x - y| over all steps / mean |y[t] - y[t - 1]| over all but the first ones, "
    "both of the rows that are measured",
    better="lower",
    share=False,
    answers=("numbers",),
    least_numbers=2,
    asked=True,
    source="Hyndman and Koehler 2006, Another look at measures of forecast accuracy, who take the "
    "second mean of the training rows",
    aliases=("meanabsolutescalederror", "mean_absolute_scaled_error"),
)

"""mape: the mean size of the error, as a part of the answer."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="mape",
    summary="the mean size of the error as a part of the right number's size; right numbers that "
    "are 0 are left out",
    example="validate mape every epoch",
    formula="the mean of |x - y| / |y| over all numbers y that are not 0",
    better="lower",
    answers=("numbers",),
    aliases=("meanabsolutepercentageerror", "mean_absolute_percentage_error"),
)

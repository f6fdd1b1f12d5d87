"""r2: the part of the variance that the net explains."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="r2",
    summary="the part of the answers' variance that the net explains: 1 where it is always right, "
    "0 where it is as good as their mean, and below 0 where it is worse; of several numbers the "
    "mean of theirs",
    example="validate r2 every epoch",
    formula="1 - sum of (x - y)^2 / sum of (y - mean of y)^2, for each number, and their mean over "
    "those that are not all alike",
    source="scikit-learn's r2_score, multioutput='uniform_average'",
    share=False,
    answers=("numbers",),
    aliases=("r2score", "r2_score", "rsquared", "r_squared", "coefficient_of_determination"),
)

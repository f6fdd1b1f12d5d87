"""accuracy: how many of the answers yes or no are right."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="accuracy",
    summary="the part of the answers yes or no that are right, over all questions of all rows; yes "
    "where its probability is above one half (where answers are classes, it is `top1`). "
    "Where each place has a class, the part of the places that are right",
    example="validate accuracy every epoch",
    formula="the mean of 1 where (p > 1/2) = y, and of 0 else",
    answers=("yes or no", "places"),
    usual=1,
    aliases=("binary_accuracy", "binaryaccuracy"),
)

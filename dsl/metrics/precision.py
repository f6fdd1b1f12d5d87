"""precision: how often what is taken for a class is of it, all classes alike."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="precision",
    summary="the mean of all classes' precision: how often an image that is taken for a class "
    "is of it",
    example="validate precision every epoch",
    formula="the mean of right / images taken for it, 0 where there are none, over the classes "
    "that have images, or are taken for one",
    source="scikit-learn's precision_score, average='macro'",
    aliases=("ppv", "macroprecision"),
)

"""top5: how often the right class is one of the five likeliest."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="top5",
    summary="the part of the images whose right class is among the five likeliest",
    example="validate top5 every epoch",
    formula="the mean of 1 where fewer than five of p lie before p[y], and of 0 else",
    least_classes=6,  # of five classes, the first five are all
)

"""recall: how often the images of a class are taken for it, all classes alike."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="recall",
    summary="the mean of all classes' recall: how often an image of a class is taken for it",
    example="validate recall every epoch",
    formula="the mean of right / images of it, 0 where there are none, over the classes that have "
    "images, or are taken for one",
    source="scikit-learn's recall_score, average='macro'",
    aliases=("sensitivity", "macrorecall", "tpr"),
)

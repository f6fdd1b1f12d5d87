"""confusion: how many images of each class are taken for each class."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="confusion",
    summary="a table of counts, which the history keeps: a row for each class, with how many of "
    "its images are taken for each class; no number, so nothing can stop or be kept by it",
    example="validate confusion every epoch",
    formula="row i, column k: the images of the class i whose likeliest class is k",
    source="scikit-learn's confusion_matrix; Keras has rows and columns the same way",
    share=False,
    table=True,
    most_classes=1000,  # a million counts
    aliases=("confusionmatrix", "confusion_matrix"),
)

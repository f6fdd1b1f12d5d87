"""f1: precision and recall in one number, all classes alike."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="f1",
    summary="the mean of all classes' F1, which is the harmonic mean of precision and recall "
    "(macro: small classes count as much as large ones)",
    example="validate f1 every epoch",
    formula="the mean of 2 * right / (images of it + images taken for it), over the classes that "
    "have either",
    source="van Rijsbergen 1979, Information retrieval; scikit-learn's f1_score, average='macro'",
    aliases=("f1score", "f1_score", "macrof1", "f1macro"),
)

"""loss: the mean negative log-likelihood."""

from lenet.dsl.metrics import ALL, Metric

METRIC = Metric(
    name="loss",
    summary="the mean of the loss over images",
    example="validate loss every epoch",
    formula="the mean of -log p[y]; of numbers and answers yes or no, that of the loss of the "
    "training",
    better="lower",
    share=False,
    least_classes=1,
    usual=3,
    answers=ALL,
    aliases=("val_loss",),
)

"""loss: the mean negative log-likelihood."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="loss",
    summary="the mean of the loss over images",
    example="validate loss every epoch",
    formula="the mean of -log p[y]",
    better="lower",
    share=False,
    least_classes=1,
    usual=2,
    aliases=("val_loss",),
)

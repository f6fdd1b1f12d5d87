"""mae: the mean absolute error."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="mae",
    summary="the size of the difference, for numbers as answers: the net learns their median, and "
    "outliers count little",
    example="loss mae",
    formula="|x - y|",
    answers="numbers",
    takes="scores",
    unfit=messages.takes_numbers("mae"),
    standardized=True,
    aliases=("l1loss", "maeloss", "meanabsoluteerror", "mean_absolute_error", "abscriterion"),
)

"""mse: the mean squared error."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="mse",
    summary="the square of the difference, for numbers as answers: large mistakes count most",
    example="loss mse",
    formula="(x - y)^2",
    answers="numbers",
    takes="scores",
    unfit=messages.takes_numbers("mse"),
    usual_for=("scores",),
    standardized=True,
    aliases=("mseloss", "meansquarederror", "mean_squared_error", "msecriterion", "l2loss",
             "euclideanloss", "squared_error"),
)  # fmt: skip

"""logsoftmax: values to log-probabilities."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="logsoftmax",
    summary="Log-probabilities over the vector, or over the channels at each place of a map.",
    example="logsoftmax",
    aliases=("log_softmax",),
    family="activation",
    gives="log-probabilities",
)

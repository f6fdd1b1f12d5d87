"""softmax: values to probabilities."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="softmax",
    summary="Probabilities over the vector, or over the channels at each place of a map.",
    example="softmax",
    family="activation",
    gives="probabilities",
)

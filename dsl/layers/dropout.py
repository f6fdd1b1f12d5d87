"""dropout: a random part of the values becomes 0, in training only."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="dropout",
    summary="In training, each value is 0 with this probability, and the others grow to match.",
    example="dropout 0.5",
    arguments=(Argument("probability", "the part that is dropped", "real", low=0.0, high=1.0),),
    family="regularization",
)

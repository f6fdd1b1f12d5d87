"""sigmoid: an activation."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="sigmoid",
    summary="1 / (1 + exp(-x)) of each value.",
    example="sigmoid",
    aliases=("logistic",),
    monotonic=True,
    bounds=(0.0, 1.0),
    family="activation",
    elementwise=True,
)

"""tanh: an activation."""

from dsl.registry import Layer

LAYER = Layer(
    name="tanh",
    summary="The hyperbolic tangent of each value.",
    example="tanh",
    monotonic=True,
)

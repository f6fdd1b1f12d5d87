"""multiply: the product of paths."""

from lenet.dsl.joins import equal_shapes
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="multiply",
    summary="The product of what its paths give, value by value.",
    example="multiply\n  path\n    tanh\n  path",
    infer=equal_shapes,
    aliases=("cmultable", "mul", "scale_channels", "gate"),
    joins=True,
)

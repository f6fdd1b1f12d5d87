"""add: the sum of paths."""

from lenet.dsl.joins import equal_shapes
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="add",
    summary="The sum of what its paths give, value by value.",
    example="add\n  path\n    tanh\n  path",
    infer=equal_shapes,
    aliases=("caddtable", "eltwise", "sum", "residualblock", "skipconnection"),
    joins=True,
)

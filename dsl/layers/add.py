"""add: the sum of paths."""

from lenet.dsl.joins import value_by_value
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="add",
    summary="The sum of what its paths give, value by value. A path that gives "
    "one value a channel, such as `avgpool all`, counts at each place of the others' maps.",
    example="add\n  path\n    tanh\n  path",
    infer=value_by_value,
    aliases=("caddtable", "eltwise", "sum", "residualblock", "skipconnection"),
    joins=True,
    family="join",
    sign="+",
    takes_in=True,
)

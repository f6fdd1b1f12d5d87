"""multiply: the product of paths."""

from lenet.dsl.joins import value_by_value
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="multiply",
    summary="The product of what its paths give, value by value. A path that gives "
    "one value a channel, such as `avgpool all`, counts at each place of the others' maps.",
    example="multiply\n  path\n    tanh\n  path",
    infer=value_by_value,
    aliases=("cmultable", "mul", "scale_channels", "gate"),
    joins=True,
    family="join",
    sign="×",
    takes_in=True,
)

"""concat: the maps of all paths, one after the other."""

from lenet.dsl.joins import stacked_channels
from lenet.dsl.registry import Layer

LAYER = Layer(
    name="concat",
    summary="The channels of all its paths, one after the other.",
    example="concat\n  path\n    tanh\n  path",
    infer=stacked_channels,
    aliases=("cat", "concatenate", "jointable", "depthconcat", "route", "inception"),
    joins=True,
)

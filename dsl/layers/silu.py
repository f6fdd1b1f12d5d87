"""silu: an activation that weights each value by its sigmoid."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="silu",
    summary="Each value times its sigmoid: x / (1 + exp(-x)).",
    example="silu",
    source="Elfwing et al. 2018, Sigmoid-weighted linear units",
    bounds=(-0.279, float("inf")),
    aliases=("swish", "swish1"),
    family="activation",
    elementwise=True,
)

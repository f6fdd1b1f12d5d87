"""softplus: a smooth relu."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="softplus",
    summary="log(1 + exp(x)) of each value, which is positive.",
    example="softplus",
    source="Dugas et al. 2000, Incorporating second-order functional knowledge for better "
    "option pricing",
    monotonic=True,
    bounds=(0.0, float("inf")),
    aliases=("smoothrelu",),
    family="activation",
    elementwise=True,
)

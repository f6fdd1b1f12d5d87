"""mish: an activation like silu that falls less below 0."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="mish",
    summary="Each value times tanh(softplus(x)) = tanh(log(1 + exp(x))).",
    example="mish",
    source="Misra 2020, Mish: a self regularized non-monotonic activation function",
    bounds=(-0.309, float("inf")),
    family="activation",
    elementwise=True,
)

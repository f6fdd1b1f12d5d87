"""elu: an activation with a smooth lower end."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="elu",
    summary="Each value, or alpha * (exp(x) - 1) where it is negative, which ends at -alpha.",
    example="elu",
    options=(
        Argument("alpha", "how far negative values reach", "real", low=1e-6, high=1e6, default=1.0),
    ),
    source="Clevert et al. 2016, Fast and accurate deep network learning by exponential linear "
    "units",
    monotonic=True,
    bounds=(-1.0, float("inf")),
    family="activation",
    elementwise=True,
)

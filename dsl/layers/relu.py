"""relu: an activation."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="relu",
    summary="Each value, or 0 where it is negative.",
    example="relu",
    aliases=(
        "rectified",
        "rectifier",
    ),
    monotonic=True,
    bounds=(0.0, float("inf")),
    family="activation",
    elementwise=True,
)

"""tanh: an activation."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="tanh",
    summary="The hyperbolic tangent of each value: gain * tanh(slope * x).",
    example="tanh",
    options=(
        Argument("gain", "factor of the result", "real", low=1e-6, high=1e6, default=1.0),
        Argument("slope", "factor of the input", "real", low=1e-6, high=1e6, default=1.0),
    ),
    monotonic=True,
    bounds=(-1.0, 1.0),
    aliases=("hyperbolictangent", "stanh"),
    family="activation",
    elementwise=True,
)

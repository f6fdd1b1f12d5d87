"""leakyrelu: an activation that lets a little of negative values through."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="leakyrelu",
    summary="Each value, or `slope` times it where it is negative. The slope is 0.01 if absent, as "
    "in PyTorch; Darknet's `leaky` has 0.1, and Keras 0.3.",
    example="leakyrelu slope 0.1",
    options=(
        Argument(
            "slope",
            "factor of negative values",
            "real",
            high=1e6,
            default=0.01,
            aliases=("negative_slope", "negativeslope", "alpha", "negval"),
        ),
    ),
    source="Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models",
    monotonic=True,
    aliases=("leaky", "lrelu"),
    family="activation",
    elementwise=True,
)

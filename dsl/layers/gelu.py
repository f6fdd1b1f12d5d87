"""gelu: an activation that weights each value by its place in a normal distribution."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="gelu",
    summary="Each value times the part of a normal distribution that is below it: "
    "x (1 + erf(x / sqrt 2)) / 2. `gelu tanh` is the approximation of BERT, GPT-2 and Darknet.",
    example="gelu",
    options=(
        Argument(
            "tanh",
            "approximated: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))) / 2",
            "switch",
            optional=True,
        ),
    ),
    source="Hendrycks and Gimpel 2016, Gaussian error linear units",
    bounds=(-0.17, float("inf")),
    aliases=("gaussianerrorlinearunit",),
    family="activation",
    elementwise=True,
)

"""selu: an elu whose values come to mean 0 and variance 1 by themselves."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="selu",
    summary="1.0507 times `elu alpha 1.6733`: behind layers with `init lecun normal`, values keep "
    "mean 0 and variance 1 without a normalization.",
    example="selu",
    source="Klambauer et al. 2017, Self-normalizing neural networks",
    monotonic=True,
    bounds=(-1.7581, float("inf")),
    family="activation",
    elementwise=True,
)

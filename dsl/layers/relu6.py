"""relu6: a relu with an upper end."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="relu6",
    summary="Each value, but at least 0 and at most 6.",
    example="relu6",
    source="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
    monotonic=True,
    bounds=(0.0, 6.0),
    family="activation",
    elementwise=True,
)

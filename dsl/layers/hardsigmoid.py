"""hardsigmoid: a sigmoid of three straight lines."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="hardsigmoid",
    summary="x / 6 + 1/2 of each value, but at least 0 and at most 1: relu6(x + 3) / 6, as in "
    "PyTorch and Keras 3. BigDL and earlier Keras have x / 5 + 1/2.",
    example="hardsigmoid",
    source="Howard et al. 2019, Searching for MobileNetV3",
    monotonic=True,
    bounds=(0.0, 1.0),
    family="activation",
    elementwise=True,
)

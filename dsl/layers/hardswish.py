"""hardswish: a silu whose sigmoid is of three straight lines."""

from lenet.dsl.registry import Layer

LAYER = Layer(
    name="hardswish",
    summary="Each value times its `hardsigmoid`: x relu6(x + 3) / 6.",
    example="hardswish",
    source="Howard et al. 2019, Searching for MobileNetV3",
    bounds=(-0.375, float("inf")),
    aliases=("hardsilu", "hswish"),
    family="activation",
    elementwise=True,
)

"""hardsigmoid: HardSigmoid."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """x / 6 + 1/2, from 0 to 1."""
    return layer.op("HardSigmoid", layer.x, alpha=1 / 6, beta=0.5)

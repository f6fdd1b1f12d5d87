"""gelu: Gelu."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Exact, or approximated by tanh."""
    approximate = "tanh" if layer.node.arguments["tanh"] else "none"
    return layer.op("Gelu", layer.x, approximate=approximate)

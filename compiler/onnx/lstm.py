"""lstm: LSTM, whose gates are in another order, and which has a second bias."""

from lenet.compiler.onnx.shared.recurrent import export_recurrent, gates
from lenet.compiler.onnx.shared.writing import Layer
from lenet.dsl.recurrent import Part

_ORDER = (0, 3, 1, 2)  # i o f g


def export(layer: Layer) -> str:
    """See compiler/onnx/shared/recurrent.py."""
    return export_recurrent(layer, "LSTM", _ORDER, _biases)


def _biases(layer: Layer, part: Part, units: int) -> str:
    own = gates(layer, f"{part.prefix}bias", _ORDER, units)
    return layer.op("Concat", own, layer.floats([0.0] * 4 * units, "none"), axis=0)

"""gru: GRU with linear_before_reset, whose gates are in another order."""

from lenet.compiler.onnx.shared.recurrent import export_recurrent, gates
from lenet.compiler.onnx.shared.writing import Layer
from lenet.dsl.recurrent import Part

_ORDER = (1, 0, 2)  # z r n


def export(layer: Layer) -> str:
    """See compiler/onnx/shared/recurrent.py."""
    return export_recurrent(layer, "GRU", _ORDER, _biases)


def _biases(layer: Layer, part: Part, units: int) -> str:
    own = gates(layer, f"{part.prefix}bias", _ORDER, units)
    none = layer.floats([0.0] * 2 * units, "none")
    return layer.op("Concat", own, none, layer.tensor(f"{part.prefix}candidate_bias"), axis=0)

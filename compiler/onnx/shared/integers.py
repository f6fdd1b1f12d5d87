"""Layers of int8 weights in ONNX's words: the usual ones, between Quantize- and DequantizeLinear.

That is the form (QDQ) from which ONNX Runtime and others make kernels of integers.
"""

from dataclasses import dataclass

import numpy as np

from lenet.compiler.onnx.shared.writing import Layer
from lenet.compiler.quantized import Integers


@dataclass(frozen=True)
class IntegerLayer(Layer):
    """What `export` is given of such a layer: its module writes it as any other."""

    integers: Integers

    @property
    def x(self) -> str:
        """The only input, as one of 256 values."""
        layer = self.integers.layer
        scale = self.floats(layer.scale, "input_scale")
        zero = self.exact(np.array(layer.zero, np.uint8), "input_zero")
        bytes_ = self.op("QuantizeLinear", self.inputs[0], scale, zero)
        return self.op("DequantizeLinear", bytes_, scale, zero)

    def tensors(self) -> tuple[str, ...]:
        """Its weight and its bias, from whole numbers."""
        found = self.integers
        weight = (
            self.exact(found.weight, "weight_int8"),
            self.floats(found.layer.weights, "weight_scale"),
        )
        bias = self.exact(found.bias, "bias_int32"), self.floats(found.layer.sums, "bias_scale")
        return tuple(self.op("DequantizeLinear", *pair, axis=0) for pair in (weight, bias))

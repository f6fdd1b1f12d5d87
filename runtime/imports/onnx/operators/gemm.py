"""Gemm: linear."""

import numpy as np

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.dense import of_vector
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """With its factors in the weights."""
    op.only(transA=0)
    weight = op.floats(1) * np.float32(op.attribute("alpha", 1.0))
    bias = op.floats(2) * np.float32(op.attribute("beta", 1.0))
    return of_vector(op, op.raw(0), weight if op.attribute("transB", 0) else weight.T, bias)

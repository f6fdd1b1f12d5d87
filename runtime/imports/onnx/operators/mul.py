"""Mul: multiply, or a constant factor."""

import numpy as np

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.affine import affine_or_join
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of two values, or of one."""
    return affine_or_join(
        op, "multiply", lambda c: (c, np.zeros_like(c)), lambda c: (c, np.zeros_like(c))
    )

"""Sub: a constant that is subtracted, or from which values are."""

import numpy as np

from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.affine import affine_or_join
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of one value."""
    return affine_or_join(op, "", lambda c: (np.ones_like(c), -c), lambda c: (-np.ones_like(c), c))

"""PRelu: prelu."""

import numpy as np

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.affine import by_channel
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """With a slope for each channel, or one for all."""
    slope = op.floats(1)
    if slope.size == 1:
        return op.same_places(Head("prelu", ("shared",)), {"slope": slope.reshape(1)})
    return op.same_places(Head("prelu"), {"slope": np.array(by_channel(op.x, slope))})

"""Operations of older versions in today's form: what was an attribute is a constant input."""

from dataclasses import replace
from typing import Any

import numpy as np

from lenet.runtime.imports.onnx.file import Array, Operation

# By the operation: the attributes that became inputs, in the order of the inputs behind the first.
_MOVED: dict[str, tuple[str, ...]] = {
    "Clip": ("min", "max"),
    "Dropout": ("ratio",),
    "Pad": ("pads", "value"),
    "ReduceMax": ("axes",),
    "ReduceMean": ("axes",),
    "ReduceProd": ("axes",),
    "ReduceSum": ("axes",),
    "ReduceSumSquare": ("axes",),
    "Reshape": ("shape",),
    "Slice": ("starts", "ends", "axes"),
    "Split": ("split",),
    "Squeeze": ("axes",),
    "Unsqueeze": ("axes",),
    "Upsample": ("scales",),
}


def modern(operations: tuple[Operation, ...], constants: dict[str, Array]) -> list[Operation]:
    """The same; `constants` gets what was attributes."""
    return [_moved(own, constants) for own in operations]


def _moved(operation: Operation, constants: dict[str, Array]) -> Operation:
    names = _MOVED.get(operation.kind, ())
    if len(operation.inputs) != 1 or not any(name in operation.attributes for name in names):
        return operation
    inputs = list(operation.inputs)
    for name in names:
        value: Any = operation.attributes.get(name)
        inputs.append("" if value is None else f"{operation.outputs[0]}/{name}")
        if value is not None:
            kind = np.float32 if isinstance(value, float) or name == "scales" else np.int64
            constants[inputs[-1]] = np.array(value, kind)
    rest = {key: value for key, value in operation.attributes.items() if key not in names}
    return replace(operation, inputs=tuple(inputs), attributes=rest)

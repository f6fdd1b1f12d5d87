"""Conv: conv, depthwise, or linear where there is one place only."""

import numpy as np

from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.onnx.op import Op, sizes
from lenet.runtime.imports.onnx.shared.dense import dense
from lenet.runtime.imports.onnx.shared.windows import pad_words, pads_of, reach_of, two
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of a map, with its weight as it is."""
    weight, x = op.floats(1), op.x
    window, groups = weight.shape[2:], int(op.attribute("group", 1))
    if len(x.shape) == 1 and window == (1, 1) and groups == 1:
        number = dense(op, x.step, weight.reshape(weight.shape[:2]), op.floats(2))
        size = op.draft.shape(number)[0]
        return op.moved(Value(number, (size,)), np.arange(size).reshape(size, 1, 1))
    step = op.map_of(x)
    shape = op.draft.shape(step)
    stride, dilate = two(op, "strides"), two(op, "dilations")
    reach = reach_of(window, dilate)
    pads = pads_of(op, shape, reach, stride)
    parts: list[Sizes | str] = [
        sizes("stride", stride, "step", (1, 1)),
        *pad_words(pads, shape, reach, stride),
        sizes("dilate", dilate, "apart", (1, 1)),
    ]
    head: tuple[Sizes | str, ...]
    if groups == shape[0] > 1 and weight.shape[1] == 1:
        word, more = "depthwise", weight.shape[0] // groups
        head = (sizes("", window, "kernel"), *parts, sizes("multiplier", (more,), "parts", (1,)))
    else:
        word = "conv"
        head = (
            Sizes("", weight.shape[:1] + window, ("width", "kernel", "kernel")), *parts,
            sizes("groups", (groups,), "parts", (1,)),
        )  # fmt: skip
    tensors = {"weight": weight} | ({"bias": op.floats(2)} if op.has_bias else {})
    return op.add(Head(word, head if op.has_bias else (*head, "bias no")), step, tensors)

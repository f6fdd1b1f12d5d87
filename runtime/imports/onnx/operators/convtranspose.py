"""ConvTranspose: upconv, and crop where more is left out on one side than on the other."""

import numpy as np

from lenet.dsl.padding import grown
from lenet.runtime.imports.draft import Head, Sizes
from lenet.runtime.imports.lines import cropped, reach_of, sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.shared.windows import pads_of, two
from lenet.runtime.imports.onnx.value import Value


def read(op: Op) -> Value:
    """Of a map, with its weight as it is."""
    op.only(group=1, output_shape=[])
    weight, step = op.floats(1), op.map_of(op.raw(0))
    stride, dilate = two(op, "strides"), two(op, "dilations")
    reach = reach_of(weight.shape[2:], dilate)
    extra = two(op, "output_padding", (0, 0))
    auto = op.attribute("auto_pad", "NOTSET")
    if auto.startswith("SAME"):
        pairs = [grown(*own) for own in zip(reach, stride, strict=True)]
        upper = auto.endswith("UPPER")
        sides = [own[0] if upper else own[0][::-1] for own in pairs]
        pads = (sides[0][0], sides[1][0], sides[0][1], sides[1][1])
        extra = (pairs[0][1], pairs[1][1])
    else:
        pads = pads_of(op, op.draft.shape(step), reach, stride)
    apart = pads[:2] != pads[2:]
    parts: list[Sizes | str] = [
        Sizes("", (weight.shape[1], *weight.shape[2:]), ("width", "kernel", "kernel")),
        sizes("stride", stride, "step", (1, 1)),
        sizes("pad", (0, 0) if apart else pads[:2], "margin", (0, 0)),
        sizes("extra", extra, "more", (0, 0)),
        sizes("dilate", dilate, "apart", (1, 1)),
    ]
    tensors = {"weight": weight} | ({"bias": np.array(op.floats(2))} if op.has_bias else {})
    y = op.add(Head("upconv", (*parts, *(() if op.has_bias else ("bias no",)))), step, tensors)
    return op.add(cropped(pads), y.step) if apart else y

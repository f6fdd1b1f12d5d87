"""LRN: lrn."""

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option, sizes
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread


def read(op: Op) -> Value:
    """Of an odd number of channels: with an even one, ONNX has others in its window than we do."""
    size = int(op.attribute("size"))
    if size % 2 == 0:
        raise Unread(f"whose size is {size}, an even number")
    return lrn(
        op, size, op.attribute("alpha", 1e-4), op.attribute("beta", 0.75), op.attribute("bias", 1.0)
    )


def lrn(op: Op, size: int, alpha: float, beta: float, k: float) -> Value:
    """The line."""
    if op.x.order is not None:
        raise Unread("of values whose second axis is not that of the channels")
    parts = (*option("alpha", alpha, 1e-4), *option("beta", beta, 0.75), *option("k", k, 1))
    return op.same_places(Head("lrn", (sizes("", (size,), "near"), *parts)))

"""Operations of constants only: what they give, worked out once."""

import importlib
from typing import Any

import numpy as np

from lenet.runtime.imports.onnx.file import Array, Operation
from lenet.runtime.imports.unread import Unread
from lenet.runtime.models.onnx_tensors import onnx_package

_MOST = 2**28  # values of a constant that is worked out
# Those that exporters compute shapes and small constants with.
_NAMES = """
    Abs Add And Cast CastLike Ceil Concat Constant ConstantOfShape DequantizeLinear Div Equal Exp
    Expand Flatten Floor Gather Greater Identity Less Log Max Min Mod Mul Neg Not Or Pow Range
    Reciprocal ReduceProd ReduceSum Reshape Round Shape Size Slice Split Sqrt Squeeze Sub Tile
    Transpose Unsqueeze Where
"""
_KNOWN = frozenset(_NAMES.split())


def can_fold(operation: Operation) -> bool:
    """Whether what it gives of constants is worked out."""
    return operation.kind in _KNOWN


def folded(operation: Operation, inputs: list[Array | None], opset: int) -> list[Array]:
    """What it gives; Unread where that is too large, or cannot be computed."""
    onnx = onnx_package()
    reference = importlib.import_module("onnx.reference")
    _check_size(operation.kind, inputs)
    names = [f"x{k}" if own is not None else "" for k, own in enumerate(inputs)]
    outputs = [f"y{k}" for k in range(len(operation.outputs))]
    attributes = {
        name: onnx.numpy_helper.from_array(own) if isinstance(own, np.ndarray) else own
        for name, own in operation.attributes.items()
    }
    node = onnx.helper.make_node(operation.kind, names, outputs, **attributes)
    given = {name: own for name, own in zip(names, inputs, strict=True) if own is not None}
    graph = onnx.helper.make_graph(
        [node], "constant", [_value(onnx, name, own) for name, own in given.items()],
        [onnx.helper.make_value_info(name, onnx.TypeProto()) for name in outputs],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    try:
        with np.errstate(all="ignore"):
            found = reference.ReferenceEvaluator(model).run(None, given)
    except Exception:  # whatever the reference makes of arguments that do not fit
        raise Unread("of constants, which cannot be computed") from None
    return [np.asarray(own) for own in found]


def _value(onnx: Any, name: str, array: Array) -> Any:
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    return onnx.helper.make_tensor_value_info(name, kind, array.shape)


def _check_size(kind: str, inputs: list[Array | None]) -> None:
    """Before it is made: a few bytes of a file may ask for any size."""
    sizes: Any = [1]
    given = [own for own in inputs if own is not None]
    if kind == "ConstantOfShape":
        sizes = given[0].ravel()
    elif kind == "Expand":
        sizes = [*given[0].shape, *given[1].ravel()]
    elif kind == "Tile":
        sizes = [given[0].size, *given[1].ravel()]
    elif kind == "Range":
        start, limit, step = (float(own.ravel()[0]) for own in given)
        sizes = [abs((limit - start) / step) if step else 0]
    elif len(given) > 1:
        sizes = [*np.broadcast_shapes(*(own.shape for own in given))] if _alike(given) else sizes
    if np.prod([float(size) for size in sizes]) > _MOST:
        raise Unread(f"of constants, which gives more than {_MOST:,} values")


def _alike(arrays: list[Array]) -> bool:
    try:
        np.broadcast_shapes(*(own.shape for own in arrays))
    except ValueError:
        return False
    return True

"""An ONNX file as plain values: its operations, its constants, what goes in and comes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.files import check_file, read_file
from lenet.runtime.models.onnx_tensors import onnx_package

Array = NDArray[Any]
_MOST = 2**31  # bytes of a file
_MOST_OUTSIDE = 2**34  # bytes of the tensors that lie in other files, together
_MOST_OPERATIONS = 50_000
_OURS = ("", "ai.onnx")


@dataclass(frozen=True)
class Operation:
    """One of ONNX's. An input of no name is left out; `domain` is "" for ONNX's own."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def shown(self) -> str:
        """What a message calls it: by its name, or by what it gives."""
        return self.name or (self.outputs[0] if self.outputs else self.kind)


@dataclass(frozen=True)
class Given:
    """An input or an output: None stands for sizes that are open."""

    name: str
    shape: tuple[int | None, ...] | None
    floats: bool


@dataclass(frozen=True)
class OnnxFile:
    """`facts` are its metadata; `proto` is what onnx itself has read."""

    path: Path
    operations: tuple[Operation, ...]
    constants: dict[str, Array]
    inputs: tuple[Given, ...]
    outputs: tuple[Given, ...]
    opset: int
    facts: Mapping[str, str]
    proto: Any


def read_onnx(path: Path) -> OnnxFile:
    """The file; LenetError where it cannot be read, or is damaged."""
    onnx = onnx_package()
    try:
        data = read_file(path, _MOST)
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    try:
        proto = onnx.load_from_string(data)
        if not proto.HasField("graph"):  # protobuf leaves out what it does not know
            raise ValueError
        if len(proto.functions):
            proto = onnx.inliner.inline_local_functions(proto)
        return _of_proto(onnx, path, proto)
    except LenetError:
        raise
    except Exception:  # whatever protobuf and onnx make of damaged bytes
        detail = "It is cut short, damaged, or no ONNX file."
        raise LenetError(f"{path} is not a readable model", detail) from None


def _of_proto(onnx: Any, path: Path, proto: Any) -> OnnxFile:
    graph = proto.graph
    if len(graph.node) > _MOST_OPERATIONS:
        raise LenetError(f"{path} has {len(graph.node):,} operations",
                         f"{_MOST_OPERATIONS:,} are the most that are read.")  # fmt: skip
    constants = dict(_constants(onnx, path, graph))
    operations = tuple(_operation(onnx, path, node) for node in graph.node)
    inputs = tuple(_given(onnx, own) for own in graph.input if own.name not in constants)
    opset = max((own.version for own in proto.opset_import if own.domain in _OURS), default=1)
    return OnnxFile(
        path, operations, constants, inputs, tuple(_given(onnx, own) for own in graph.output),
        opset, {_text(own.key): _text(own.value) for own in proto.metadata_props}, proto,
    )  # fmt: skip


def _constants(onnx: Any, path: Path, graph: Any) -> Iterator[tuple[str, Array]]:
    """The tensors of the file; those that lie in other files, from its own folder only."""
    if len(graph.sparse_initializer):
        detail = "They keep only those of their values that are not 0."
        raise LenetError(f"{path} has sparse tensors", detail, "write it with dense ones")
    outside = 0
    for tensor in graph.initializer:
        if onnx.external_data_helper.uses_external_data(tensor):
            outside += _check_outside(path, tensor)
            if outside > _MOST_OUTSIDE:
                raise LenetError(f"the tensors of {path} are too large")
        yield _text(tensor.name), _array(onnx, path, tensor)


def _check_outside(path: Path, tensor: Any) -> int:
    """LenetError unless the file in which a tensor lies is one of the net's own folder."""
    told = {_text(entry.key): _text(entry.value) for entry in tensor.external_data}
    place, folder = told.get("location", ""), path.parent.resolve()
    title = f"the tensor {_text(tensor.name)[:80]} of {path} lies in {place[:200] or 'no file'}"
    other = (path.parent / place).resolve()
    if not place or not other.is_relative_to(folder) or other == folder:
        raise LenetError(title, "Only files of the net's own folder are read.")
    try:
        check_file(other)
        size = other.stat().st_size
        start, length = int(told.get("offset", 0)), int(told.get("length", size))
    except (OSError, ValueError) as error:
        raise LenetError(title, getattr(error, "strerror", None) or "It cannot be read.") from None
    if start < 0 or length < 0 or start + length > size:
        raise LenetError(title, f"That has {size:,} bytes, and the tensor would end behind them.")
    return length


def _array(onnx: Any, path: Path, tensor: Any) -> Array:
    return np.asarray(onnx.numpy_helper.to_array(tensor, str(path.parent.resolve())))


def _operation(onnx: Any, path: Path, node: Any) -> Operation:
    domain, kind = _text(node.domain), _text(node.op_type)
    kind = kind if domain in _OURS else f"{domain}.{kind}"
    attributes = {_text(own.name): _value(onnx, path, own) for own in node.attribute}
    given, found = (tuple(map(_text, names)) for names in (node.input, node.output))
    return Operation(kind, _text(node.name), given, found, attributes)


def _text(value: str | bytes) -> str:
    """protobuf gives the bytes of what is no UTF-8."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _value(onnx: Any, path: Path, attribute: Any) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, onnx.TensorProto):
        if onnx.external_data_helper.uses_external_data(value):
            _check_outside(path, value)
        return _array(onnx, path, value)
    return value


def _given(onnx: Any, value: Any) -> Given:
    tensor, name = value.type.tensor_type, _text(value.name)
    if not tensor.HasField("shape"):
        return Given(name, None, tensor.elem_type == onnx.TensorProto.FLOAT)
    sizes = tuple(own.dim_value if own.HasField("dim_value") and own.dim_value > 0 else None
                  for own in tensor.shape.dim)  # fmt: skip
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)
    return Given(name, sizes, tensor.elem_type in kinds)

"""A model as an ONNX file, for programs that know nothing of lenet."""

import json
from typing import TYPE_CHECKING, Any

from lenet.compiler.onnx.shared.writing import OPSET, Operation
from lenet.dsl.errors import LenetError
from lenet.runtime.models.model_facts import facts_of
from lenet.runtime.models.model_file import format_of
from lenet.runtime.models.onnx_net import OnnxNet, Value, onnx_net
from lenet.runtime.models.onnx_tensors import onnx_package

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

_IR = 10  # the version of the file's format that came with the operations
_MOST = 2**31 - 2**24  # bytes of tensors: a file ends at 2 GiB, and has some more in it


def onnx_bytes(model: "Model") -> bytes:
    """The file; LenetError where the package onnx is missing, or the net is too large."""
    onnx, net = onnx_package(), onnx_net(model)
    size = sum(model.tensors[name].nbytes for name in net.sheet.tensors)
    if size > _MOST:
        detail = f"Its tensors have {size:,} bytes; an ONNX file ends at 2 GiB."
        raise LenetError("the model is too large for an ONNX file", detail)
    file = proto_of(onnx, net, model.tensors)
    names = model.classes if model.unit is None else model.unit.names(model.classes)
    facts = {"format": format_of(model), **facts_of(model), "digest": model.digest}
    onnx.helper.set_model_props(file, {**facts, "outputs": json.dumps(list(names))})
    written: bytes = file.SerializeToString()
    return written


def proto_of(onnx: Any, net: OnnxNet, tensors: Any) -> Any:
    """The ModelProto of a net with these tensors."""
    arrays = {name: tensors[name] for name in net.sheet.tensors} | net.sheet.constants
    graph = onnx.helper.make_graph(
        [_node(onnx, operation) for operation in net.sheet.operations],
        "lenet",
        [_value(onnx, net.input)],
        [_value(onnx, net.output)],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    opset = [onnx.helper.make_opsetid("", OPSET)]
    return onnx.helper.make_model(
        graph, opset_imports=opset, ir_version=_IR, producer_name="lenet"
    )  # fmt: skip


def _node(onnx: Any, operation: Operation) -> Any:
    return onnx.helper.make_node(
        operation.kind, operation.inputs, [operation.output], operation.name,
        **operation.attributes,
    )  # fmt: skip


def _value(onnx: Any, value: Value) -> Any:
    shape = ("batch", *value.shape)
    return onnx.helper.make_tensor_value_info(
        value.name, onnx.TensorProto.FLOAT, shape, value.meaning
    )  # fmt: skip

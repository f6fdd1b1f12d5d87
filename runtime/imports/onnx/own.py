"""ONNX files that lenet itself has written: the model as it was, if they still hold it."""

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.diagnostics import SpecError
from lenet.runtime.imports.onnx.file import OnnxFile
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_facts import Damaged, check_fit, fields_of
from lenet.runtime.models.model_file import FORMAT
from lenet.runtime.models.onnx_file import proto_of
from lenet.runtime.models.onnx_net import onnx_net
from lenet.runtime.models.onnx_tensors import onnx_package


def restored(file: OnnxFile) -> Model | None:
    """The model of the metadata, with the file's weights. None where there is none, or where the
    graph is not exactly the one that the model is written as: then the graph says what it is."""
    if file.facts.get("format") != FORMAT:
        return None
    try:
        model = Model(tensors={}, **fields_of(file.facts))
        needed = {f"{node.name}.{own.name}": own.shape
                  for node in model.graph.nodes for own in node.parameters}  # fmt: skip
        check_fit(model)
        tensors = {name: np.asarray(file.constants[name], np.float32) for name in needed}
        if any(tensors[name].shape != shape for name, shape in needed.items()):
            return None
        net = onnx_net(model)
    except (Damaged, SpecError, LenetError, KeyError, ValueError):
        return None
    graph = proto_of(onnx_package(), net, tensors).graph
    same = list(graph.node) == list(file.proto.graph.node)
    same &= all(name in file.constants and np.array_equal(own, file.constants[name])
                for name, own in net.sheet.constants.items())  # fmt: skip
    if not same or not all(np.isfinite(own).all() for own in tensors.values()):
        return None
    return Model(**{**model.__getstate__(), "tensors": tensors})

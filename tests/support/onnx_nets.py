"""Nets in ONNX Runtime: another implementation of every layer, which somebody else has written."""

import numpy as np
import onnx
import onnxruntime

from lenet.compiler.onnx.shared.net import write_net
from lenet.compiler.onnx.shared.writing import Sheet, Writer
from lenet.dsl.graph import Graph
from lenet.runtime.models.onnx_file import proto_of
from lenet.runtime.models.onnx_net import OnnxNet, Value

Tensors = dict[str, np.ndarray]


def likely_tensors(graph: Graph, seed: int = 5) -> Tensors:
    """Random weights that keep values their size: or outputs hardly depend on the images."""
    random, tensors = np.random.default_rng(seed), {}
    for node in graph.nodes:
        for parameter in node.parameters:
            if len(parameter.shape) > 1:
                deviation = (2 / max(1, parameter.fan_in)) ** 0.5
                values = deviation * random.standard_normal(parameter.shape, np.float32)
            elif parameter.name in ("scale", "variance"):
                values = random.uniform(0.5, 1.5, parameter.shape)
            else:
                values = random.normal(0, 0.2, parameter.shape)
            if parameter.mask is not None:
                values = values * np.array(parameter.mask)[:, :, None, None]
            tensors[f"{node.name}.{parameter.name}"] = values.astype(np.float32, copy=False)
    return tensors


def onnx_outputs(graph: Graph, tensors: Tensors, values: np.ndarray) -> np.ndarray:
    """The outputs of a net's layers alone, for float values (count, *input)."""
    sheet = Sheet(taken={"x", "y"})
    last = write_net(graph, sheet, "x")
    Writer("end", sheet).op("Identity", last, output="y")
    net = OnnxNet(sheet, Value("x", graph.input, ""), Value("y", graph.output, ""))
    file = proto_of(onnx, net, tensors)
    onnx.checker.check_model(file, full_check=True)
    return run(file.SerializeToString(), values.reshape(len(values), *graph.input))


def run(file: bytes, values: np.ndarray) -> np.ndarray:
    """The only output of a file for its only input."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    (found,) = session.run(None, {given.name: values.astype(np.float32)})
    assert isinstance(found, np.ndarray)
    return found

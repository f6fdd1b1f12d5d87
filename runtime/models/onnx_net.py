"""A model in ONNX's words, as plain values: what prepares its images, its layers, its answers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.code import given_by
from lenet.compiler.onnx.shared.net import Unwritten, write_net
from lenet.compiler.onnx.shared.writing import Sheet, Writer
from lenet.compiler.passes.end_in_probabilities import end_in_probabilities
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.quantized import Integers
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.losses import LOSSES
from lenet.dsl.shapes import Shape
from lenet.runtime.training.parameters import folded_tensors, from_tensors
from lenet.runtime.unit import Unit

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


@dataclass(frozen=True)
class Value:
    """An input or an output, float32: its name, its shape behind the axis of the images, and what
    it holds."""

    name: str
    shape: Shape
    meaning: str


@dataclass(frozen=True)
class OnnxNet:
    """What is written, from `input` to `output`."""

    sheet: Sheet
    input: Value
    output: Value


def onnx_net(model: "Model") -> OnnxNet:
    """The model's whole way from the values of its data to what `predict` says of them.

    Images are (count, channels, height, width) as the data have them, before the data section's
    `pad`; a net whose input is a vector takes (count, values). LenetError where a layer has no
    equal in ONNX; it tells of all of them.
    """
    graph, unit = model.graph, model.unit
    net = end_in_probabilities(graph) if unit is None else graph
    is_map = len(graph.input) == 3
    given = Value("images" if is_map else "rows", _bare(model), _range(model))
    found = _answers(graph, unit)
    sheet = Sheet(taken={given.name, found.name})
    x = _prepared(model, Writer("prepare", sheet), given)
    try:
        y = write_net(net, sheet, x, integers_of(model))
    except Unwritten as unwritten:
        raise _unwritten(graph, unwritten) from None
    writer = Writer("answer", sheet)
    y = _probabilities(net, writer, y) if unit is None else _in_columns(graph, unit, writer, y)
    writer.op("Identity", y, output=found.name)
    return OnnxNet(sheet, given, found)


def integers_of(model: "Model") -> dict[str, Integers]:
    """A model's layers of int8 weights, by their names."""
    if not model.quantized:
        return {}
    program = compile_graph(model.graph)
    folded = folded_tensors(program, from_tensors(program, model.tensors))
    nodes, found = {node.name: node for node in program.predict_carriers}, {}
    for name, layer in model.quantized.items():
        weight = folded[f"{name}.weight"]
        bias = folded.get(f"{name}.bias", np.zeros(len(weight)))
        parts = tuple(part.name for part in nodes[name].folded)
        found[name] = Integers(layer, layer.numbers(weight), layer.bias(bias), parts)
    return found


def _bare(model: "Model") -> Shape:
    """The input's shape, but for what the data section pads."""
    shape = model.graph.input
    return model.image_shape if len(shape) == 3 else shape


def _range(model: "Model") -> str:
    """What an input holds."""
    meaning = "values as the training data have them"
    if model.observed is None:
        return meaning
    least, most = (v / model.pixel_scale for v in (model.observed.least, model.observed.most))
    return f"{meaning}, which are {least:g} to {most:g}"


def _prepared(model: "Model", writer: Writer, given: Value) -> str:
    """Values of the data as the net sees them."""
    x, shape = given.name, model.graph.input
    if given.shape != shape:
        down, across = ((shape[k] - given.shape[k]) // 2 for k in (1, 2))
        x = writer.padded(x, (0, down, across), (0, down, across))
    normalization = model.normalizations[1]
    ones = (-1, *(1,) * (len(shape) - 1))
    scale, shift = (v.reshape(ones) for v in (normalization.scale, normalization.shift))
    x = writer.op("Mul", x, writer.floats(scale, "scale")) if (scale != 1).any() else x
    return writer.op("Add", x, writer.floats(shift, "shift")) if shift.any() else x


def _answers(graph: Graph, unit: Unit | None) -> Value:
    """What the output holds."""
    if unit is None:
        return Value("probabilities", graph.output, "of the classes, in their order")
    if unit.answers == "places":
        return Value("probabilities", graph.output, "of the classes, at each place")
    if unit.answers == "yes or no":
        return Value("probabilities", graph.output, "of yes, for each question")
    return Value("answers", graph.output, "numbers as the columns of the data have them")


def _probabilities(net: Graph, writer: Writer, y: str) -> str:
    """Of what a net of classes ends in, log-probabilities or already probabilities."""
    return writer.op("Exp", y) if given_by(net) == "log-probabilities" else y


def _in_columns(graph: Graph, unit: Unit, writer: Writer, y: str) -> str:
    """What Unit's `all_of` and `in_columns` make of a net's outputs."""
    loss = LOSSES[unit.loss.name]
    if unit.answers == "places":
        return writer.op("Softmax", y, axis=1)
    if loss.answers == "yes or no":
        return writer.op("Sigmoid", y)
    if loss.logarithm:
        y = writer.op("Exp", y)
    elif loss.standardized:
        mean, deviation = (
            np.repeat(values, unit.each).reshape(graph.output)
            for values in (unit.mean, unit.deviation)
        )
        y = writer.op("Mul", y, writer.floats(deviation, "deviation"))
        y = writer.op("Add", y, writer.floats(mean, "mean"))
    return writer.op("Exp", y) if unit.log else y


def _unwritten(graph: Graph, unwritten: Unwritten) -> LenetError:
    """All of them, each as it stands in the file."""
    lines = [
        f"{f'{node.file}, ' if node.file else ''}line {node.line}: {graph.text_of(node)}"
        for node in unwritten.nodes
    ]
    known = "\n".join(dict.fromkeys(lines))
    return LenetError("ONNX has no words for some layers of the net", known)

"""Layers with a state: an operation of ONNX for each way of each of them."""

from collections.abc import Callable
from typing import Any

from lenet.compiler.onnx.shared import texts
from lenet.compiler.onnx.shared.writing import Layer
from lenet.dsl.recurrent import WAYS, Part, parts_of

# The order in which ONNX has a kind's gates, by their numbers here; and its biases.
Biases = Callable[[Layer, Part, int], str]


def export_recurrent(layer: Layer, kind: str, order: tuple[int, ...], biases: Biases) -> str:
    """The ways of a layer side by side, the next layer on top. Of a text, the state stays as it is
    behind the last word, and is 0 where there is none."""
    arguments = dict(layer.node.arguments)
    x, ends = layer.x, [layer.x]
    parts = parts_of(layer.node.given[0], arguments)
    for number in range(1, parts[-1].layer + 1):
        found = [_way(layer, kind, order, biases, p, x) for p in parts if p.layer == number]
        x = _together(layer, [y for y, _ in found])
        ends = [end for _, end in found]
    return layer.op("Flatten", _together(layer, ends)) if arguments["last"] else x


def _together(layer: Layer, values: list[str]) -> str:
    return layer.op("Concat", *values, axis=1) if len(values) > 1 else values[0]


def _way(
    layer: Layer, kind: str, order: tuple[int, ...], biases: Biases, part: Part, x: str
) -> tuple[str, str]:
    """Of all steps (images, units, 1, steps), and of its end (images, units, 1, 1)."""
    units, steps = int(layer.node.arguments["size"][0]), layer.node.given[2]
    back = part.way == WAYS[1]
    along = layer.op("Transpose", layer.reshaped(x, (part.inputs, steps)), perm=[2, 0, 1])
    weights = [
        layer.op("Unsqueeze", gates(layer, part.prefix + name, order, units), _axis(layer))
        for name in ("input_weight", "recurrent_weight")
    ]
    bias = layer.op("Unsqueeze", biases(layer, part, units), _axis(layer))
    known, lengths = "", ""
    if texts.is_of_text(layer):
        known = texts.known(layer, none=True)
        flat = layer.op("Reshape", known, layer.whole((-1,), "flat"))
        there = layer.op("Max", flat, layer.floats(1.0, "least"))
        lengths = layer.op("Cast", there, to=6)
    options: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
    y = layer.op(
        kind, along, *weights, bias, *([lengths] if lengths else []), hidden_size=units,
        direction="reverse" if back else "forward", **options,
    )  # fmt: skip
    y = layer.op("Transpose", layer.op("Squeeze", y, layer.whole((1,), "axes")), perm=[1, 2, 0])
    y = layer.reshaped(y, (units, 1, steps))
    if known:
        nothing = layer.floats(0.0, "nothing")
        y = layer.op("Where", layer.op("Less", texts.steps(layer), known), y, nothing)
    if back:
        return y, layer.cut(y, (3,), (0,), (1,), (1,))
    if not known:
        return y, layer.cut(y, (3,), (steps - 1,), (steps,), (1,))
    last = layer.op("Sub", known, layer.floats(1.0, "one"))
    here = layer.op("Where", layer.op("Equal", texts.steps(layer), last), y, nothing)
    end = layer.op("ReduceSum", here, layer.whole((3,), "axes"), keepdims=1)
    return layer.op("Where", layer.op("Less", texts.steps(layer), known), y, end), end


def _axis(layer: Layer) -> str:
    return layer.whole((0,), "axes")


def gates(layer: Layer, name: str, order: tuple[int, ...], units: int) -> str:
    """A tensor's rows with the gates in ONNX's order."""
    rows = [gate * units + unit for gate in order for unit in range(units)]
    return layer.op("Gather", layer.tensor(name), layer.whole(rows, "gates"), axis=0)

"""int8: weights of a byte, and sums of bytes, for predictions.

After training, by what layers see of some training images (post-training quantization). Weights are
symmetric, with a scale for each output; the input of a layer has one scale and a zero of its own
(Jacob et al. 2018, section 2). The range of an input is the part of what was seen whose mean
squared error is least in 255 steps (Nagel et al. 2021, section 3.1). What follows from a sum, such
as pooling or an activation, is computed of floats, and so are layers without kernels of bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_kept, integer_layers, run_passes
from lenet.compiler.quantized import STEPS, Quantized, input_of, scales_of
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Node
from lenet.dsl.shapes import product
from lenet.runtime.data.dataset import Images
from lenet.runtime.machine.arrays import frozen
from lenet.runtime.models.given_images import prepared
from lenet.runtime.training.parameters import folded_tensors, from_tensors
from lenet.runtime.training.single import Single

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

IMAGES = 1024  # that are enough to calibrate with
_SAMPLE = 2**18  # values of a layer's input, of all images, whose error is looked at
_PARTS = np.linspace(0.2, 1.0, 41)  # of the range that was seen


def calibrating(images: Images) -> NDArray[Any]:
    """Some of the images of a data set, from all over it: those of a class often lie together."""
    chosen = np.random.default_rng(1).permutation(len(images))[:IMAGES]
    return np.asarray(images.pixels[np.sort(chosen)])


def as_int8(model: "Model", images: NDArray[Any]) -> "Model":
    """The model with int8 weights where there are kernels of bytes; `images`, as `Model.outputs`
    takes them, are some of its training, with which the ranges of inputs are calibrated. LenetError
    where no layer can be, or the model has int8 weights already."""
    if model.quantized:
        raise LenetError("the model has int8 weights already")
    nodes = integer_layers(model.graph)
    if not nodes:
        raise LenetError(
            "the net has no layer of int8 weights",
            "There are kernels of bytes for conv without groups, and for linear.",
        )
    if not len(images):
        raise LenetError("there are no images to calibrate with")
    return of_ranges(model, input_ranges(model, images, [node.name for node in nodes]))


def of_ranges(model: "Model", ranges: Mapping[str, tuple[float, float]]) -> "Model":
    """The model with int8 weights of these layers, whose inputs have such least and largest values,
    with 0 between them."""
    nodes = [node for node in integer_layers(model.graph) if node.name in ranges]
    program = model.predictor.loaded.program
    folded = folded_tensors(program, from_tensors(program, model.tensors))
    tensors, quantized = dict(model.tensors), {}
    for node in nodes:
        weight = folded[f"{node.name}.weight"]
        bias = folded.get(f"{node.name}.bias", np.zeros(len(weight)))
        layer = _quantized(weight, bias, *ranges[node.name])
        quantized[node.name] = layer
        tensors[f"{node.name}.weight"] = layer.values(layer.numbers(weight))
        tensors |= _unfolded(node, tensors, bias)
    # Its file is to be small: of the history, the last epoch tells how good it was.
    return replace(model, tensors=tensors, quantized=quantized, history=model.history[-1:])


def _quantized(weight: NDArray[Any], bias: NDArray[Any], least: float, largest: float) -> Quantized:
    scale, zero = input_of(least, largest)
    return Quantized(scale, zero, scales_of(weight, bias, scale))


def _unfolded(
    node: Node, tensors: Mapping[str, NDArray[Any]], bias: NDArray[Any]
) -> dict[str, NDArray[np.float32]]:
    """The tensors of normalizations whose work is now done by the weights: they change nothing, but
    that the last one adds the bias."""
    found: dict[str, NDArray[np.float32]] = {}
    if node.folded and f"{node.name}.bias" in tensors:
        found[f"{node.name}.bias"] = np.zeros(len(bias), np.float32)
    for part in node.folded:
        for parameter in part.parameters:  # at first they change nothing, but for epsilon
            value = np.array(parameter.initial, np.float32)
            found[f"{part.name}.{parameter.name}"] = np.broadcast_to(value, parameter.shape).copy()
        found[f"{part.name}.variance"] -= np.float32(part.arguments["epsilon"])
    if node.folded:
        found[f"{node.folded[-1].name}.shift"] = bias.astype(np.float32)
    return found


def input_ranges(
    model: "Model", images: NDArray[Any], layers: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """The least and the largest value, which have 0 between them, of the input of each layer."""
    graph = run_passes(model.graph, stop_after="end_in_probabilities")  # nothing fused or moved
    kept = compile_kept(graph)
    loaded, weights = load(kept.program), from_tensors(kept.program, model.tensors)
    single = Single(loaded)
    outputs = np.empty((1, kept.program.outputs.count), np.float32)
    places = {node.name: (at, product(node.shape)) for node, at in kept.layers}
    nodes = {node.name: node for node in graph.nodes}
    sources = {name: _source(nodes, nodes[name].inputs[0], places) for name in layers}
    pixels, normalization = prepared(model, images)
    rng = np.random.default_rng(1)
    each = max(1, _SAMPLE // len(pixels))
    chosen = {
        source: rng.choice(places[source][1], min(each, places[source][1]), replace=False)
        for source in sorted(set(sources.values()))
    }
    seen: dict[str, list[NDArray[np.float32]]] = {source: [] for source in chosen}
    bounds = {source: (0.0, 0.0) for source in chosen}
    for k in range(len(pixels)):
        if not single.run(weights, frozen(pixels[k : k + 1]), 0, normalization, outputs):
            raise LenetError("an image has a value that is not a finite number")
        for source, where in chosen.items():
            at, size = places[source]
            values = single.arena[at : at + size]
            least, largest = bounds[source]
            bounds[source] = min(least, float(values.min())), max(largest, float(values.max()))
            seen[source].append(values[where])
    ranges = {source: _range(np.concatenate(seen[source]), *bounds[source]) for source in chosen}
    return {name: ranges[source] for name, source in sources.items()}


def _source(nodes: Mapping[str, Node], name: str, places: Mapping[str, Any]) -> str:
    """The layer whose values another one gives on, where that does nothing to them."""
    while name not in places:
        name = nodes[name].inputs[0]
    return name


def _range(values: NDArray[np.float32], least: float, largest: float) -> tuple[float, float]:
    """The part of a range whose steps are next to the values, in the mean of squares."""
    values = values.astype(np.float64)
    best, found = np.inf, (least, largest)
    for part in _PARTS[::-1]:
        low, high = least * part, largest * part
        scale = (high - low) / STEPS
        if not scale:
            break
        zero = np.rint(-low / scale)
        there = np.clip(np.rint(values / scale) + zero, 0, STEPS) - zero
        error = float(np.square(there * scale - values).mean())
        if error < best:
            best, found = error, (low, high)
    return found

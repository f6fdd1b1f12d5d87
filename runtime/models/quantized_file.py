"""Layers of int8 weights in a model's file: their tensors, and what their inputs are.

Such a layer NAME has its weight as int8, and the scale of each output's as NAME.weight_scale,
float32; the metadata `quantized` has the scale of its input and the number that stands for 0.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.pipeline import integer_layers
from lenet.compiler.quantized import LARGEST, LEAST, MOST, STEPS, Quantized
from lenet.dsl.graph import Graph
from lenet.runtime.models.model_facts import Damaged, json_of, positive_of

Tensors = dict[str, NDArray[Any]]
Input = tuple[float, int]
_KEY = "quantized"


def weight_of(layer: str) -> str:
    """The name of the tensor of int8."""
    return f"{layer}.weight"


def scale_of(layer: str) -> str:
    """The name of the tensor of its scales."""
    return f"{layer}.weight_scale"


def quantized_facts(layers: Mapping[str, Quantized]) -> dict[str, str]:
    """What the metadata say of them; nothing where there are none."""
    facts = {name: {"scale": q.scale, "zero": q.zero} for name, q in layers.items()}
    return {_KEY: json.dumps(facts)} if facts else {}


def quantized_tensors(
    tensors: Mapping[str, NDArray[np.float32]], layers: Mapping[str, Quantized]
) -> Tensors:
    """A model's tensors as its file has them."""
    found: Tensors = dict(tensors)
    for name, layer in layers.items():
        found[weight_of(name)] = layer.numbers(tensors[weight_of(name)])
        found[scale_of(name)] = layer.weights
    return found


def quantized_inputs(facts: Mapping[str, str], graph: Graph) -> dict[str, Input]:
    """The scale and the zero of the input of each layer of int8 weights; Damaged where they are not
    what `quantized_facts` could have written."""
    known = json_of(facts, _KEY, "null")
    if not isinstance(known, dict) or not known:
        raise Damaged("It does not say which of its layers have int8 weights.")
    able = {node.name for node in integer_layers(graph)}
    found = {}
    for name, said in known.items():
        if name not in able:
            raise Damaged("It says of a layer that its weights are int8, which cannot be.")
        scale = positive_of(said, "scale", "the scale of an input")
        zero = said.get("zero")
        if type(zero) is not int or not 0 <= zero <= STEPS or not LEAST <= scale <= LARGEST:
            raise Damaged("The scale of an input, or its zero, is beyond all reason.")
        found[name] = (scale, zero)
    return found


def as_values(
    tensors: Tensors, inputs: Mapping[str, Input]
) -> tuple[Tensors, dict[str, Quantized]]:
    """A file's tensors as a model has them, float32, and its layers of int8 weights; Damaged where
    a scale is none."""
    found, layers = dict(tensors), {}
    for name, (scale, zero) in inputs.items():
        scales = found.pop(scale_of(name))
        if not ((scales >= LEAST) & (scales <= LARGEST)).all():
            raise Damaged(f"The scales of {weight_of(name)} are beyond all reason.")
        if (found[weight_of(name)] < -MOST).any():
            raise Damaged(f"The tensor {weight_of(name)} has a value below -{MOST}.")
        layers[name] = Quantized(scale, zero, scales)
        found[weight_of(name)] = layers[name].values(found[weight_of(name)])
    return found, layers

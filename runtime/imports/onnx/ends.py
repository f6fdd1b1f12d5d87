"""The end of a graph: what its outputs are, and what the model does with them by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lenet.dsl.answers import Answers
from lenet.dsl.registry import layers
from lenet.dsl.shapes import product
from lenet.runtime.imports.draft import Draft, Floats, Head
from lenet.runtime.imports.onnx.file import Array, Operation

_OF_NUMBERS = "answers"  # what lenet calls an output of numbers


@dataclass(frozen=True)
class End:
    """`value` is that of the graph that the net ends in. Answers that are numbers have been
    standardized, where `deviation` is there, and their logarithms are what the net gives, if
    `log`. `bounded` is the operation that was left out, since the model does it."""

    value: str
    answers: Answers | None = None
    mean: Floats | None = None
    deviation: Floats | None = None
    log: bool = False
    bounded: str = ""


def end_of(
    operations: list[Operation], constants: Mapping[str, Array], output: str, numbers: bool
) -> End:
    """What the last operations before an output say of it. `numbers` tells that plain outputs are
    no scores of classes."""
    makers = {name: own for own in operations for name in own.outputs}
    end = End(output, "numbers" if numbers or output == _OF_NUMBERS else None)
    while (last := makers.get(end.value)) is not None and last.kind in ("Identity", "Cast"):
        end = replace(end, value=last.inputs[0])
    if last is not None and last.kind == "Sigmoid":
        return replace(end, value=last.inputs[0], answers="yes or no", bounded="Sigmoid")
    if end.answers != "numbers":
        return end
    if last is not None and last.kind == "Exp":
        end = replace(end, value=last.inputs[0], log=True)
        last = makers.get(end.value)
    shift, inner = _constant(last, "Add", constants)
    scale, value = _constant(makers.get(inner), "Mul", constants)
    if shift is None or scale is None or (scale <= 0).any():
        return end
    return replace(end, value=value, mean=shift, deviation=scale)


def _constant(
    operation: Operation | None, kind: str, constants: Mapping[str, Array]
) -> tuple[Floats | None, str]:
    """A constant that an operation adds or multiplies by, and its other input."""
    if operation is not None and operation.kind == kind and len(operation.inputs) == 2:
        value, name = operation.inputs
        found = constants.get(name)
        if found is not None and found.dtype.kind == "f" and value not in constants:
            return np.asarray(found, np.float32).ravel(), value
    return None, ""


def settled_end(draft: Draft, value: int, end: End) -> tuple[int, End]:
    """The draft's last value, and what it answers. A softmax becomes its logarithm, with which nets
    are trained, or, at each place of a map, is left to the model."""
    step = draft.steps[value]
    layer = layers().get(step.head.word)
    gives = layer.gives if layer is not None else ""
    if gives == "probabilities" and len(step.shape) == 3 and product(step.shape[1:]) > 1:
        return step.inputs[0], replace(end, answers="places", bounded="Softmax")
    if gives == "probabilities":
        number = draft.add(Head("logsoftmax"), step.inputs[0])
        return number, replace(end, answers="class", bounded="")
    if end.answers is None:
        single = product(step.shape) == 1 or len(step.shape) == 3
        end = replace(end, answers="numbers" if single and gives == "scores" else "class")
    return value, end

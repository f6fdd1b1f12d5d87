"""A graph as a draft: one operation after the other, in the order of the file."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import Shape, product
from lenet.runtime.imports.draft import INPUT, Draft, Head, Sizes
from lenet.runtime.imports.onnx.file import Array, Given, OnnxFile, Operation
from lenet.runtime.imports.onnx.folding import can_fold, folded
from lenet.runtime.imports.onnx.inferred import inferred_shapes
from lenet.runtime.imports.onnx.modern import modern
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.operators import read_by
from lenet.runtime.imports.onnx.patterns import with_patterns
from lenet.runtime.imports.onnx.value import Front, Order, Value
from lenet.runtime.imports.unread import Place, Unread

BATCH = 7  # images, where their number is open: no other size is likely to be the same


@dataclass
class Reading:
    """The state of one. `values` are the graph's by their names: constants, values of the draft, or
    None for those that depend on what cannot be read."""

    file: OnnxFile
    given: Given
    draft: Draft
    batch: int
    values: dict[str, Array | Value | None]
    readers: Counter[str] = field(default_factory=Counter)
    front: Front | None = None
    problems: list[Place] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] | None = None  # of all values, once they are asked for

    @property
    def opset(self) -> int:
        """The version of the operations."""
        return self.file.opset

    def settled(self, value: Value) -> Value:
        """The value behind the data's preparation, which is known then."""
        if value.front is None:
            return value
        front: Front = value.front
        pad = front.pad
        if len(value.shape) == 1 and not front.even:
            raise Unread("of numbers that are normalized each by itself, behind which no layer"
                         " with weights is")  # fmt: skip
        if front.plain and any(pad):  # a layer's, since the data are as they are
            around = Head("pad", (Sizes("", pad, ("margin",)),))
            value = replace(value, front=replace(front, pad=(0, 0)))
            number = self.draft.add(around, self.settled(value).step)
            return Value(number, self.draft.shape(number))
        if self.front is not None and not self.front.same(front):
            raise Unread("reads the input in two ways: as it is, and prepared")
        if self.front is None and any(pad):
            channels, height, width = value.shape
            self.draft.steps[INPUT] = Draft.of(
                (channels, height + 2 * pad[0], width + 2 * pad[1])
            ).steps[INPUT]
        self.front = front
        return replace(value, front=None, shape=self.draft.shape(INPUT))

    def inferred(self, name: str) -> tuple[int, ...] | None:
        """The shape that onnx works out, with the axis of the images; None where it cannot."""
        if self.shapes is None:
            self.shapes = inferred_shapes(self.file, self.given.name, self.batch)
        return self.shapes.get(name)

    def hole(self, name: str, inputs: list[Value]) -> Value | None:
        """In place of what cannot be read."""
        whole = self.inferred(name)
        if whole is None or len(whole) not in (2, 4) or 0 in whole[1:] or not inputs:
            return None
        self.draft.hole(tuple(whole[1:]), tuple(own.step for own in inputs))
        return Value(len(self.draft.steps) - 1, tuple(whole[1:]))


def read_graph(file: OnnxFile, end: str, shape: Shape | None) -> Reading:
    """The graph's operations that its value `end` depends on, in a draft. `shape` is that of an
    image, where the file does not say it. LenetError where the graph has not one input."""
    needed = _needed(modern(file.operations, file.constants), end)
    used = {name for own in needed for name in own.inputs} | {end}
    inputs = [own for own in file.inputs if own.name in used]
    if len(inputs) != 1:
        names = ", ".join(own.name for own in inputs[:5]) or "none"
        raise LenetError(f"the net of {file.path} does not have one input", f"It has {names}.")
    constants = dict(file.constants)
    for operation in needed:  # before patterns, which ask for constants
        given = [constants.get(name) for name in operation.inputs]
        if can_fold(operation) and all(
            own is not None or not name for own, name in zip(given, operation.inputs, strict=True)
        ):
            try:
                found = folded(operation, given, file.opset)
            except Unread:
                continue  # it is told below
            constants |= dict(zip(operation.outputs, found, strict=False))
    operations = [own for own in needed if own.outputs and own.outputs[0] not in constants]
    operations = with_patterns(operations, constants, (end,))
    reading = _begun(file, inputs[0], shape, operations)
    reading.values |= constants
    reading.readers = Counter(name for own in operations for name in own.inputs)
    reading.readers[end] += 1
    for operation in operations:
        _read(reading, operation)
    return reading


def _needed(operations: list[Operation], end: str) -> list[Operation]:
    wanted, found = {end}, []
    for operation in reversed(operations):
        if wanted.intersection(operation.outputs):
            wanted.update(operation.inputs)
            found.append(operation)
    return found[::-1]


def _begun(
    file: OnnxFile, given: Given, shape: Shape | None, operations: list[Operation]
) -> Reading:
    """With the input: maps are channels x height x width, whatever their order there."""
    sizes = _sizes(file, given, shape)
    batch = given.shape[0] if given.shape and given.shape[0] else BATCH
    order: Order | None = None
    grey = len(sizes) == 3 and sizes[2] == 1 < sizes[0]
    if grey or (len(sizes) == 3 and _channels_last(given.name, operations)):
        height, width, channels = sizes
        order = np.arange(product(sizes)).reshape(channels, height, width).transpose(1, 2, 0)
        sizes = (channels, height, width)
    elif len(sizes) == 2:  # grey images
        order, sizes = np.arange(product(sizes)).reshape(sizes), (1, *sizes)
    one = np.ones(sizes[0], np.float32)
    value = Value(INPUT, sizes, order, Front(one, 0 * one))
    return Reading(file, given, Draft.of(sizes), batch, {"": None, given.name: value})


def _sizes(file: OnnxFile, given: Given, shape: Shape | None) -> tuple[int, ...]:
    """Of one image or row, as the graph has it."""
    if not given.floats:
        raise LenetError(
            f"the input {given.name} of {file.path} is not of floats",
            "What is read are nets of images and of rows of numbers.",
        )
    sizes = None if given.shape is None else given.shape[1:]
    if sizes is not None and shape is not None and len(shape) == len(sizes):
        sizes = tuple(own or other for own, other in zip(sizes, shape, strict=True))
    elif sizes is None or (shape is not None and None in sizes):
        sizes = shape
    if not sizes or None in sizes or len(sizes) > 3:
        told = "unknown" if sizes is None else " x ".join(str(own or "?") for own in sizes)
        raise LenetError(
            f"the input {given.name} of {file.path} has no shape that is read",
            f"It is {told or 'a single number'} for each image.",
            "give it, as the file has it, with --input 3x224x224",
            "give it, as the file has it",
        )
    return tuple(int(own or 0) for own in sizes)


def _channels_last(name: str, operations: list[Operation]) -> bool:
    """Whether the input is turned so that its last axis becomes the first one, perhaps after some
    operations that leave the shape alone."""
    names = {name}
    for operation in operations:
        if not names.intersection(operation.inputs):
            continue
        if operation.kind == "Transpose":
            if tuple(operation.attributes.get("perm", ())) == (0, 3, 1, 2):
                return True
        elif operation.kind in ("Add", "Cast", "Div", "Identity", "Mul", "Sub"):
            names.update(operation.outputs)
    return False


def _read(reading: Reading, operation: Operation) -> None:
    """One operation, with what it gives."""
    given = [reading.values.get(name) for name in operation.inputs]
    outputs = operation.outputs
    values = [own for own in given if isinstance(own, Value)]
    lost = any(own is None and name for own, name in zip(given, operation.inputs, strict=True))
    found: list[Array | Value | None] = [None] * len(outputs)
    known = len(reading.draft.steps)
    if not lost:
        try:
            found = _found(reading, operation, Op(reading, operation, given), values)
        except Unread as why:
            reading.problems.append(Place(operation.shown, operation.kind, str(why)))
        except (ValueError, TypeError, IndexError, KeyError, OverflowError, AttributeError):
            misfit = "whose inputs or attributes do not fit each other"  # of a damaged file
            reading.problems.append(Place(operation.shown, operation.kind, misfit))
    for step in reading.draft.steps[known:]:
        step.place = operation.shown
    for name, own in zip(outputs, [*found, *[None] * len(outputs)], strict=False):
        if own is None and name and not lost:
            own = reading.hole(name, values)
        reading.values[name] = own


def _found(
    reading: Reading, operation: Operation, op: Op, values: list[Value]
) -> list[Array | Value | None]:
    if operation.kind == "Shape" and values:
        whole = np.array([reading.batch, *values[0].graph_shape], np.int64)
        start = operation.attributes.get("start", 0)
        return [whole[start : operation.attributes.get("end")]]
    if not values:
        if not can_fold(operation):
            raise Unread("of constants only")
        given = [reading.values.get(name) for name in operation.inputs]
        return list(folded(operation, given, reading.opset))  # type: ignore[arg-type]
    module = read_by(operation.kind)
    if module is None:
        raise Unread("")
    found = module.read(op)
    return list(found) if isinstance(found, tuple) else [found]

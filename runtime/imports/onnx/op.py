"""What an operator's module is given: an operation, and ways to read its inputs, to add lines."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet.dsl.shapes import product
from lenet.runtime.imports.draft import Draft, Floats, Head, Step
from lenet.runtime.imports.lines import reshaped, sizes
from lenet.runtime.imports.onnx.file import Array, Operation
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.unread import Unread

if TYPE_CHECKING:
    from lenet.runtime.imports.onnx.reading import Reading


@dataclass(frozen=True)
class Op:
    """`given` are its inputs: constants, values of the net, or None where one is left out."""

    reading: "Reading"
    operation: Operation
    given: "list[Array | Value | None]"

    @property
    def draft(self) -> Draft:
        """Where lines are added."""
        return self.reading.draft

    def attribute(self, name: str, default: Any = None) -> Any:
        """One of its attributes."""
        return self.operation.attributes.get(name, default)

    def only(self, **allowed: Any) -> None:
        """Unread where one of these attributes is there with another value than this."""
        for name, value in allowed.items():
            found = self.attribute(name, value)
            if list(found) != list(value) if isinstance(value, list | tuple) else found != value:
                raise Unread(f"whose {name} is {found}")

    @property
    def x(self) -> Value:
        """The first input, a value of the net behind the data's preparation."""
        return self.reading.settled(self.raw(0))

    def raw(self, index: int) -> Value:
        """An input as it is."""
        value = self.given[index]
        if not isinstance(value, Value):
            raise Unread("of a constant, where a value of the net is due")
        return value

    def constant(self, index: int, default: Any = None) -> Any:
        """An input that has to be a constant, as an array; `default` where it is left out."""
        value = self.given[index] if index < len(self.given) else None
        if isinstance(value, Value):
            raise Unread(f"whose input {index + 1} is no constant, but worked out by the net")
        return default if value is None else value

    def floats(self, index: int) -> Floats:
        """The same as float32; None becomes ()."""
        return np.asarray(self.constant(index, ()), np.float32)

    def whole(self, index: int, default: Any = None) -> list[int] | None:
        """The same as whole numbers."""
        value = self.constant(index)
        return default if value is None else [int(own) for own in np.asarray(value).ravel()]

    @property
    def has_bias(self) -> bool:
        """Whether a third input is there."""
        return len(self.given) > 2 and self.given[2] is not None

    def alone(self, index: int = 0) -> bool:
        """Whether nobody else reads an input, so that what made it may be changed."""
        return self.reading.readers[self.operation.inputs[index]] == 1

    def map_of(self, value: Value) -> int:
        """The number of our map that has a value's elements in their order, with a line that brings
        them into it where one can."""
        value = self.reading.settled(value)
        shape = value.graph_shape
        if len(shape) != 3:
            raise Unread(f"of {len(shape)} axes besides that of the images, where 3 are due")
        if value.straight:
            if value.shape == shape:
                return value.step
            return self.draft.add(reshaped(shape), value.step)
        groups = _shuffled(value)
        if groups:
            return self.draft.add(Head("shuffle", (sizes("", (groups,), "parts"),)), value.step)
        raise Unread("of values in an order into which no word brings them")

    def vector_of(self, value: Value) -> Value:
        """A vector of our own with a value's elements, which may have another order there."""
        value = self.reading.settled(value)
        if value.graph_shape != (product(value.shape),):
            raise Unread(f"of {len(value.graph_shape)} axes besides that of the images, "
                         "where 1 is due")  # fmt: skip
        step = value.step
        if len(value.shape) == 3:
            step = self.draft.add(Head("flatten"), step)
        order = None if value.straight else value.full_order
        return Value(step, self.draft.shape(step), order)

    def add(
        self,
        head: Head,
        step: int,
        tensors: dict[str, Floats] | None = None,
        like: Value | None = None,
    ) -> Value:
        """A line behind a value of ours; where it keeps the places of values, they are arranged in
        the graph `like` others."""
        number = self.draft.add(head, step, tensors or {}, self.name if tensors else "")
        return Value(number, self.draft.shape(number), None if like is None else like.order)

    def same_places(self, head: Head, tensors: dict[str, Floats] | None = None) -> Value:
        """A line that does something to each value of the input by itself."""
        return self.add(head, self.x.step, tensors, self.x)

    @property
    def name(self) -> str:
        """What the layer is called there: by its weights, or by the operation."""
        for name in self.operation.inputs[1:2]:
            place, dot, _ = name.rpartition(".")
            if dot and "::" not in name:
                return place.replace("/", ".").strip(".")
        parts = self.operation.name.strip("/").split("/")[:-1]
        return parts[-1].replace(":", "") if parts else ""

    def step(self, value: Value) -> Step:
        """The line that gives a value."""
        return self.draft.steps[value.step]

    def moved(self, value: Value, order: Array) -> Value:
        """The same elements, arranged otherwise."""
        kept = None if order.shape == value.shape and _usual(order) else order
        return replace(value, order=kept)

    def shaped(self, value: Value, target: list[int]) -> Value:
        """The value in another shape, with the axis of the images, of which one may be -1."""
        size = product(value.shape)
        first, *rest = target
        known = product([own for own in rest if own != -1])
        ours = (0, -1, 1, self.reading.batch)
        if first not in ours or rest.count(-1) > 1 or known < 1 or size % known:
            raise Unread(f"to {target}, which does not keep the images apart")
        shape = tuple(size // known if own == -1 else own for own in rest)
        if product(shape) != size:
            raise Unread(f"to {target}, which does not keep the images apart")
        return self.moved(value, value.full_order.reshape(shape))


def _usual(order: Array) -> bool:
    flat = order.ravel()
    return bool((flat == np.arange(len(flat))).all())


def _shuffled(value: Value) -> int:
    """The groups of `shuffle`, where it gives this order of channels; else 0."""
    order, shape = value.full_order, value.shape
    if order.shape != shape or len(shape) != 3:
        return 0
    places = product(shape[1:])
    usual = np.arange(product(shape)).reshape(shape)
    channels = order[:, 0, 0] // places
    if not np.array_equal(order, usual[channels]):
        return 0
    for groups in range(2, shape[0]):
        if shape[0] % groups == 0:
            table = np.arange(shape[0]).reshape(groups, -1)
            if np.array_equal(channels, table.T.ravel()):
                return groups
    return 0

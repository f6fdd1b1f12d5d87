"""What a layer's module writes with: ONNX's operations and constants, as plain values.

Nothing here needs the package `onnx`; `runtime/models/onnx_file.py` makes a file of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Node
from lenet.dsl.shapes import Shape

OPSET = 21  # of the operations below: from 2024, in ONNX 1.16 and ONNX Runtime 1.18 and later


@dataclass(frozen=True)
class Operation:
    """One of ONNX's, such as Conv. Values are known by their names; an input of no name is left
    out. Its own name is that of its output, but for the last one's."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]


@dataclass
class Sheet:
    """All that has been written so far, in its order. `tensors` are the names of the model's own
    that are read; no two values have the same name."""

    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    tensors: dict[str, None] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def free(self, wanted: str) -> str:
        """A name that nothing else has."""
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name


@dataclass(frozen=True)
class Writer:
    """Writes under the name of a layer, or of what comes before and behind all of them."""

    name: str
    sheet: Sheet

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add an operation; the name of its output, which is its own where none is given."""
        name = self.sheet.free(f"{self.name}/{kind}")
        output = output or name
        self.sheet.operations.append(Operation(kind, name, inputs, output, attributes))
        return output

    def floats(self, values: Any, what: str = "value") -> str:
        """Add a float32 constant; its name."""
        return self._constant(np.array(values, np.float32), what)

    def whole(self, values: Sequence[int], what: str) -> str:
        """Add an int64 constant of one dimension; its name."""
        return self._constant(np.array(values, np.int64), what)

    def exact(self, values: NDArray[Any], what: str) -> str:
        """Add a constant as it is; its name."""
        return self._constant(values, what)

    def _constant(self, values: NDArray[Any], what: str) -> str:
        name = self.sheet.free(f"{self.name}/{what}")
        self.sheet.constants[name] = values
        return name

    def reshaped(self, x: str, shape: Sequence[int]) -> str:
        """Each image's values in another shape, of which one size may be -1."""
        return self.op("Reshape", x, self.whole((0, *shape), "shape"))

    def cut(self, x: str, axes: Shape, first: Shape, behind: Shape, steps: Shape) -> str:
        """The part of some axes from `first` up to `behind`, by `steps`; axis 0 is the images'."""
        whole = (first, "first"), (behind, "behind"), (axes, "axes"), (steps, "steps")
        return self.op("Slice", x, *(self.whole(values, what) for values, what in whole))

    def padded(self, x: str, before: Shape, behind: Shape, value: float = 0.0) -> str:
        """With `value` around it, so often before and behind in each axis but the images'."""
        pads = self.whole((0, *before, 0, *behind), "pads")
        return self.op("Pad", x, pads, *([self.floats(value)] if value else []), mode="constant")


@dataclass(frozen=True)
class Layer(Writer):
    """What a layer's `export` is given: its node, and the names of its inputs' values, (images,
    channels, height, width) or (images, values). It returns that of its output."""

    node: Node
    inputs: tuple[str, ...]

    @property
    def x(self) -> str:
        """The only input."""
        return self.inputs[0]

    @property
    def is_map(self) -> bool:
        """Whether the input has rows and columns."""
        return len(self.node.given) == 3

    def tensor(self, name: str) -> str:
        """The name of one of its tensors, as in the model's file."""
        full = f"{self.node.name}.{name}"
        self.sheet.tensors[full] = None
        return full

    def tensors(self) -> tuple[str, ...]:
        """Those of all its tensors."""
        return tuple(self.tensor(parameter.name) for parameter in self.node.parameters)

    def by_channel(self, name: str) -> str:
        """A tensor of a value for each channel, so that it counts at all places of a map."""
        if not self.is_map:
            return self.tensor(name)
        return self.op("Unsqueeze", self.tensor(name), self.whole((1, 2), "axes"))

"""A net on its way to a spec: the lines that it will have, and which reads which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.check import check
from lenet.dsl.registry import Parameter, layers
from lenet.dsl.shapes import Shape, show
from lenet.runtime.imports.unread import Unread

Floats = NDArray[np.float32]
INPUT = 0  # the number of the value that the net is given


@dataclass(frozen=True)
class Sizes:
    """Whole numbers of a line, behind `word` if that is not "". They are left out where they are
    the `default`. `roles` say what the numbers mean, one for all or one for each: what has the same
    role and changes in the same way from use to use becomes one parameter of a block."""

    word: str
    values: tuple[int, ...]
    roles: tuple[str, ...]
    default: tuple[int, ...] = ()

    def role(self, index: int) -> str:
        """That of one number."""
        return self.roles[min(index, len(self.roles) - 1)]

    def text(self, values: Sequence[str]) -> str:
        """As it is written with expressions in place of its numbers; "" where it is left out."""
        if tuple(values) == tuple(map(str, self.default)):
            return ""
        if len(values) == 2 and values[0] == values[1]:
            values = values[:1]
        plain = all(value.isdigit() for value in values)
        return f"{self.word} {('x' if plain else ' x ').join(values)}".strip()


@dataclass(frozen=True)
class Head:
    """A line without its name: a layer's word and what stands behind it."""

    word: str
    parts: tuple[Sizes | str, ...] = ()

    @property
    def text(self) -> str:
        """As it is written."""
        texts = [
            part if isinstance(part, str) else part.text(list(map(str, part.values)))
            for part in self.parts
        ]
        return " ".join(text for text in (self.word, *texts) if text)


@dataclass
class Step:
    """A layer: the values that it reads, by their numbers; its own has the number of the step.
    `tensors` are its weights by their names in our layer, `name` is what it is called there;
    `axis` is that of the outputs in its weight, `place` where it stands there, for messages."""

    head: Head
    inputs: tuple[int, ...]
    shape: Shape
    tensors: dict[str, Floats] = field(default_factory=dict)
    name: str = ""
    axis: int = 0
    place: str = ""


@dataclass
class Draft:
    """`steps[0]` is the input."""

    steps: list[Step]

    @classmethod
    def of(cls, shape: Shape) -> "Draft":
        """One of an input."""
        return cls([Step(Head("input", (Sizes("", shape, ("input",)),)), (), shape)])

    def shape(self, value: int) -> Shape:
        """That of a value, without the axis of the images."""
        return self.steps[value].shape

    def add(
        self, head: Head, x: int, tensors: Mapping[str, Floats] | None = None, name: str = ""
    ) -> int:
        """A layer behind a value; the number of its own. Unread where the language refuses it, or
        its tensors, which may be unknown, do not fit."""
        shape, parameters = shape_behind(self.shape(x), head.text)
        expected = {own.name: own.shape for own in parameters}
        given = {k: np.ascontiguousarray(v, np.float32) for k, v in (tensors or {}).items()}
        found = {own: tensor.shape for own, tensor in given.items()}
        if tensors is not None and found != expected:
            wrong = next(k for k in found | expected if found.get(k) != expected.get(k))
            raise Unread(f"whose {wrong} does not fit its input of {show(self.shape(x))}")
        axis = next((own.axis for own in parameters if own.name == "weight"), 0)
        self.steps.append(Step(head, (x,), shape, given, name, axis))
        return len(self.steps) - 1

    def parameters(self, value: int) -> tuple[Parameter, ...]:
        """The tensors that a layer of one input has."""
        step = self.steps[value]
        return shape_behind(self.shape(step.inputs[0]), step.head.text)[1]

    def join(self, word: str, inputs: Sequence[int], name: str = "") -> int:
        """A layer of several paths; the number of its value."""
        shapes = [self.shape(x) for x in inputs]
        shape = max(shapes, key=len)
        if layers()[word].stacks:
            if len({(len(own), own[1:]) for own in shapes}) > 1:
                raise Unread(f"of maps that differ in height or width: {_shown(shapes)}")
            shape = (sum(own[0] for own in shapes), *shape[1:])
        elif any(own not in (shape, shape[:1]) for own in shapes):
            raise Unread(f"of shapes that differ: {_shown(shapes)}")
        self.steps.append(Step(Head(word), tuple(inputs), shape, name=name))
        return len(self.steps) - 1

    def hole(self, shape: Shape, inputs: Sequence[int]) -> int:
        """In place of what cannot be read, so that what is behind it can be; the net has none in
        the end."""
        self.steps.append(Step(Head("?"), tuple(inputs), shape))
        return len(self.steps) - 1

    def settle_names(self) -> None:
        """One name only for one layer: the first keeps it."""
        seen: set[str] = set()
        for step in self.steps:
            step.name = "" if step.name in seen else step.name
            seen.add(step.name)


def _shown(shapes: Sequence[Shape]) -> str:
    return " and ".join(map(show, dict.fromkeys(shapes)))


@lru_cache(maxsize=4096)
def shape_behind(shape: Shape, line: str) -> tuple[Shape, tuple[Parameter, ...]]:
    """The shape that a line gives behind a value of a shape, and its tensors;
    Unread where the language refuses it."""
    checked = check(f"input {show(shape)} as it\n{line}\n")
    if checked.graph is None:
        title = next(d.title for d in checked.diagnostics if d.severity == "error")
        raise Unread(f"which would be `{line}` behind {show(shape)}: {title}")
    node = checked.graph.nodes[-1]
    return node.shape, node.parameters

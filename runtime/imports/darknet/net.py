"""What sections of Darknet are read into, and what several of them share."""

from dataclasses import dataclass, field

from lenet.dsl.registry import layers
from lenet.dsl.shapes import product
from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.weights import Weights
from lenet.runtime.imports.draft import INPUT, Draft, Floats, Head
from lenet.runtime.imports.lines import reshaped
from lenet.runtime.imports.unread import Unread

# Darknet's names of activations that are not ours, and what they are here.
_ACTIVATIONS = """
leaky      leakyrelu slope 0.1
logistic   sigmoid
swish      silu
gelu       gelu tanh
hardtan    hardtanh
"""
_OTHERS = dict(line.split(maxsplit=1) for line in _ACTIVATIONS.strip().split("\n"))
_NONE = "linear"  # no activation


@dataclass
class Net:
    """`values` are those of the sections so far, by their numbers: what stands last is what the
    next section reads. `weights` are those of the file, if there is one; `norm` the tensors of the
    normalization of the layer that has been read last."""

    draft: Draft
    weights: Weights | None
    values: list[int] = field(default_factory=list)
    norm: dict[str, Floats] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The value that a section reads."""
        return self.values[-1] if self.values else INPUT

    def at(self, place: int) -> int:
        """That of a section by its number, or counted back from the one that is read."""
        index = place if place >= 0 else len(self.values) + place
        if not 0 <= index < len(self.values):
            raise Unread(f"of section {place}, which there is not before it")
        return self.values[index]

    def as_map(self) -> int:
        """What a section reads, as a map."""
        shape = self.draft.shape(self.last)
        return self.last if len(shape) == 3 else self.draft.add(reshaped((*shape, 1, 1)), self.last)

    def as_vector(self) -> int:
        """The same as a vector."""
        flat = len(self.draft.shape(self.last)) == 1
        return self.last if flat else self.draft.add(Head("flatten"), self.last)

    def activated(self, x: int, section: Section, default: str) -> int:
        """With the activation that a section names."""
        name = section.text("activation", default)
        if name == _NONE:
            return x
        text = _OTHERS.get(name, name)
        word, *rest = text.split(maxsplit=1)
        layer = layers().get(word)
        if layer is None or not layer.elementwise:
            raise Unread(f"whose activation is {name[:40]}")
        return self.draft.add(Head(word, tuple(rest)), x)

    def computed(self, head: Head, x: int, section: Section) -> int:
        """A layer with weights, with its normalization if it has one. They stand in the file as
        biases, numbers of the normalization, weights; of `connected`, the normalization is last."""
        normalized = bool(section.whole("batch_normalize"))
        number = self.draft.add(head, x)
        step = self.draft.steps[number]
        if self.weights is not None:
            self._take(number, normalized)
        if normalized:
            tensors = self.norm if self.weights is not None else None
            number = self.draft.add(Head("batchnorm", ("epsilon 0.000001",)), number, tensors)
        assert step.shape == self.draft.shape(number)
        return number

    def _take(self, number: int, normalized: bool) -> None:
        weights, step = self.weights, self.draft.steps[number]
        assert weights is not None
        outputs = step.shape[0]
        (weight,) = (own for own in self.draft.parameters(number) if own.name == "weight")
        bias = weights.take(outputs)
        norms = weights.norms(outputs) if normalized and len(step.shape) == 3 else {}
        found = weights.take(product(weight.shape))
        if len(step.shape) == 1:
            norms = weights.norms(outputs) if normalized else {}
        step.tensors = {"weight": found.reshape(weight.shape)}
        if normalized:
            self.norm = {**norms, "shift": bias}
        else:
            step.tensors["bias"] = bias

"""Which channels of a net depend on each other, how much each matters, and which ones may leave.

A channel that leaves takes everything with it that is its own: the weights that make it, what a
normalization holds for it, and the weights of all layers that read it. Where paths are added, the
channels that meet have to stay or leave together (Fang et al. 2023, DepGraph: towards any
structural pruning). Here each value of a layer's first axis has a number, and numbers that have to
share their fate are joined.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Graph, Node
from lenet.dsl.registry import layers
from lenet.dsl.shapes import product

Numbers = NDArray[np.int64]


@dataclass
class Channels:
    """`of` has for each layer the numbers of the channels that it gives, `read` those that it is
    given. The roots in `kept_by` may not leave, since that layer needs all of them."""

    of: dict[str, Numbers] = field(default_factory=dict)
    read: dict[str, Numbers] = field(default_factory=dict)
    kept_by: dict[int, str] = field(default_factory=dict)
    _parents: list[int] = field(default_factory=list)
    _needed: list[tuple[Numbers, str]] = field(default_factory=list)

    def new(self, count: int) -> Numbers:
        """So many channels that are like no others."""
        first = len(self._parents)
        self._parents += range(first, first + count)
        return np.arange(first, first + count)

    def join(self, some: Numbers, others: Numbers) -> None:
        """They stay or leave together, one with one."""
        for a, b in zip(some.tolist(), others.tolist(), strict=True):
            first, second = sorted((self.root(a), self.root(b)))
            self._parents[second] = first

    def root(self, number: int) -> int:
        """The one that stands for all that share its fate."""
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number

    def roots(self, numbers: Numbers) -> Numbers:
        """Of each."""
        return np.array([self.root(number) for number in numbers.tolist()], np.int64)

    def need(self, numbers: Numbers, layer: str) -> None:
        """None of them may leave."""
        self._needed.append((numbers, layer))

    def end(self) -> "Channels":
        """With roots in place of all numbers."""
        self.of = {name: self.roots(numbers) for name, numbers in self.of.items()}
        self.read = {name: self.roots(numbers) for name, numbers in self.read.items()}
        for numbers, layer in self._needed:
            for root in self.roots(numbers).tolist():
                self.kept_by.setdefault(root, layer)
        return self


def channels_of(graph: Graph) -> Channels:
    """Of all layers; those that are not known to treat channels one by one need all of theirs, and
    so does the net's end."""
    found = Channels()
    for node in graph.nodes:
        given = [found.of[name] for name in node.inputs]
        if given:
            found.read[node.name] = given[0]
        found.of[node.name] = _given_by(node, given, found)
    found.need(found.of[graph.nodes[-1].name], graph.nodes[-1].name)
    return found.end()


def makes_channels(node: Node) -> bool:
    """Whether each of its channels is made of all that it reads, by weights of its own."""
    mixes = layers()[node.kind].channels == "own"
    return mixes and not node.arguments.get("groups") and not node.arguments.get("connect")


def _given_by(node: Node, given: list[Numbers], found: Channels) -> Numbers:
    layer, count = layers()[node.kind], node.shape[0] if node.shape else 0
    read = given[0] if given and not layer.joins else None  # behind it, where a text ends
    if read is not None and makes_channels(node):
        return found.new(count)
    if read is not None and layer.keeps_channels and count % max(1, len(read)) == 0:
        return np.repeat(read, count // len(read))
    if read is not None and layer.channels == "grown":
        return np.concatenate([read, found.new(count - len(read))])
    if read is not None and layer.rearranges:
        values = np.repeat(read, product(node.given) // len(read)).reshape(count, -1)
        if (values == values[:, :1]).all():
            return values[:, 0]
    if given and layer.joins and layer.stacks:
        return np.concatenate(given)
    if given and layer.joins and all(len(numbers) == count for numbers in given):
        for numbers in given[1:]:
            found.join(given[0], numbers)
        return given[0]
    for numbers in given:
        found.need(numbers, node.name)
    own = found.new(count)
    found.need(own, node.name)
    return own


def scores_of(
    graph: Graph, channels: Channels, tensors: dict[str, NDArray[np.float32]]
) -> dict[int, float]:
    """How much each channel matters, by its root: the squares of the weights that make it and that
    read it, and of what normalizations scale it with; each as a multiple of the mean of the layer's
    other channels, so that layers can be compared, and then the mean of these.

    Norms of filters are from Li et al. 2017, Pruning filters for efficient convnets; to bring them
    to one scale a layer, from Molchanov et al. 2017, Pruning convolutional neural networks for
    resource efficient inference, section 2.2; that of normalizations from Liu et al. 2017, Learning
    efficient convolutional networks through network slimming.
    """
    sums: dict[int, float] = {}
    counts: dict[int, int] = {}

    def add(roots: Numbers, squares: NDArray[np.float64]) -> None:
        mean = squares.mean()
        for root, square in zip(roots.tolist(), (squares / mean if mean else squares), strict=True):
            sums[root] = sums.get(root, 0.0) + float(square)
            counts[root] = counts.get(root, 0) + 1

    for node in graph.nodes:
        own, read = channels.of[node.name], channels.read.get(node.name)
        for parameter in node.parameters:
            squares = tensors[f"{node.name}.{parameter.name}"].astype(np.float64) ** 2
            if makes_channels(node) and squares.ndim > 1 and read is not None:
                add(own, _along(squares, parameter.axis))
                add(*_by_root(read, _along(squares, 1 - parameter.axis)))
            elif parameter.trained and parameter.initial == 1.0 and squares.shape == own.shape:
                add(own, squares)
    return {root: total / counts[root] for root, total in sums.items()}


def _along(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Sums over all other axes."""
    return values.sum(axis=tuple(k for k in range(values.ndim) if k != axis))


def _by_root(roots: Numbers, values: NDArray[np.float64]) -> tuple[Numbers, NDArray[np.float64]]:
    """Behind a `flatten`, a channel is several values."""
    known, places = np.unique(roots, return_inverse=True)
    return known, np.bincount(places, values, len(known)).astype(np.float64)


def cut(
    node: Node, channels: Channels, stays: set[int], tensors: dict[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """A layer's tensors, by their names in it, for the channels that stay."""
    kept = _which(channels.of[node.name], stays)
    read = channels.read.get(node.name)
    found = {}
    for parameter in node.parameters:
        tensor = tensors[f"{node.name}.{parameter.name}"]
        if makes_channels(node) and read is not None:
            if tensor.ndim > 1:
                tensor = np.compress(_which(read, stays), tensor, 1 - parameter.axis)
                tensor = np.compress(kept, tensor, parameter.axis)
            else:
                tensor = tensor[kept]
        elif layers()[node.kind].keeps_channels and tensor.shape[0] == len(kept):
            tensor = tensor[kept]
        found[parameter.name] = np.ascontiguousarray(tensor)
    return found


def _which(roots: Sequence[int] | Numbers, stays: set[int]) -> NDArray[np.bool_]:
    return np.array([int(root) in stays for root in roots], bool)

"""Which parameters an update changes in which way: all of them, in one, unless a file says more."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.memory.layout import Slot
from lenet.dsl.graph import Graph, Node
from lenet.dsl.optimizers import decays_all
from lenet.dsl.training.values import Train


@dataclass(frozen=True)
class Change:
    """How the parameters first … last are changed.

    The learning rate is times `rate`. Weight decay is for those that have it `decayed`. The
    gradient gets `l1` times the sign and `l2` times the value of each of them.
    """

    first: int
    last: int
    rate: float = 1.0
    decayed: bool = True
    l1: float = 0.0
    l2: float = 0.0


@dataclass(frozen=True)
class Norm:
    """The weights of each output of a tensor, `slot`, are at most so long, in the Euclidean norm,
    after each step (Srebro and Shraibman 2005)."""

    slot: Slot
    most: float

    def apply(self, weights: NDArray[np.float32]) -> None:
        """Shorten what is longer. The order in which numbers are added up does not depend on the
        machine: one row at a time."""
        slot = self.slot
        stored = weights[slot.offset : slot.offset + slot.size]
        axes = [slot.shape[axis] for axis in slot.order]
        outputs = slot.order.index(slot.parameter.axis)
        rows = np.moveaxis(stored.reshape(axes), outputs, -1).reshape(-1, axes[outputs])
        length = np.zeros(axes[outputs])
        for row in rows:
            length += row.astype(np.float64) ** 2
        factors = np.minimum(1, self.most / np.maximum(np.sqrt(length), 1e-30))
        shape = [1] * len(axes)
        shape[outputs] = -1
        whole = stored.reshape(axes)
        np.multiply(whole, factors.astype(np.float32).reshape(shape), out=whole)


def changes_of(graph: Graph, slots: tuple[Slot, ...]) -> tuple[Change, ...]:
    """What the train section and the lines of the layers say, a tensor each, in their order; those
    that are frozen lack."""
    train = graph.train or Train()
    found: list[Change] = []
    for slot, node in _trained(graph, slots):
        if train.freezes(node.name, node.arguments):
            continue
        weight = is_weight(slot)
        found.append(
            Change(
                slot.offset,
                slot.offset + slot.size,
                node.arguments.get("rate") or 1.0,
                weight or decays_all(train.optimizer),
                _said(node, "l1", train.l1) if weight else 0.0,
                _said(node, "l2", train.l2) if weight else 0.0,
            )
        )
    return tuple(found)


def merged(changes: tuple[Change, ...], undecayed: bool) -> tuple[Change, ...]:
    """With neighbours that are changed alike in one; `undecayed` if there is no weight decay."""
    found: list[Change] = []
    for change in changes:
        if undecayed:
            change = replace(change, decayed=True)
        before = found[-1] if found else change
        longer = replace(before, last=change.last)
        if found and before.last == change.first and longer == replace(change, first=before.first):
            found[-1] = longer
        else:
            found.append(change)
    return tuple(found)


def norms_of(graph: Graph, slots: tuple[Slot, ...]) -> tuple[Norm, ...]:
    """The tensors whose outputs' weights have a largest norm."""
    train = graph.train or Train()
    return tuple(
        Norm(slot, most)
        for slot, node in _trained(graph, slots)
        if is_weight(slot) and not train.freezes(node.name, node.arguments)
        and (most := _said(node, "max_norm", train.max_norm))
    )  # fmt: skip


def is_weight(slot: Slot) -> bool:
    """Whether a tensor is one of weights: biases, and the scales and shifts of normalizations, have
    one axis."""
    return len(slot.shape) > 1


def _said(node: Node, option: str, otherwise: float) -> float:
    """What a layer's line says, or else the section."""
    own = node.arguments.get(option)
    return otherwise if own is None else float(own)


def _trained(graph: Graph, slots: tuple[Slot, ...]) -> list[tuple[Slot, Node]]:
    nodes = {f"{node.name}.{p.name}": node for node in graph.nodes for p in node.parameters}
    return [(slot, nodes[slot.name]) for slot in slots if slot.parameter.trained]

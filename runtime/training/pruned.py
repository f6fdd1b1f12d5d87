"""Which weights are pruned: those of the smallest size."""

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.memory.layout import Slot
from lenet.compiler.program import Program
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.training.values import Train
from lenet.runtime.training.changes import is_weight
from lenet.runtime.training.updater import Updater


def prune(graph: Graph, program: Program, weights: NDArray[np.float32], updater: Updater) -> None:
    """What the line `prune`, if there is one, does to the flat weights before the first step; the
    updater keeps it so."""
    if graph.train is not None and graph.train.prune is not None:
        gone = smallest(graph, program.slots, weights, program.parameter_count)
        weights[: gone.size][gone] = 0
        updater.prune(gone)


def _prunable(graph: Graph, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """The tensors of weights that are trained: no biases, and nothing that is frozen."""
    train, nodes = graph.train or Train(), {}
    for node in graph.nodes:
        nodes.update({f"{node.name}.{p.name}": node for p in node.parameters})
    return tuple(
        slot
        for slot in slots
        if slot.parameter.trained
        and is_weight(slot)
        and not train.freezes(nodes[slot.name].name, nodes[slot.name].arguments)
    )


def smallest(
    graph: Graph, slots: tuple[Slot, ...], weights: NDArray[np.float32], size: int
) -> NDArray[np.bool_]:
    """Which of the `size` trained parameters the line `prune` takes away: of all layers together,
    or of each, the share of the weights that are smallest; of those that are of one size, the
    first. What a connection table leaves out is neither counted nor taken. LenetError where a layer
    would have no weight left."""
    assert graph.train is not None and graph.train.prune is not None
    prune, gone = graph.train.prune, np.zeros(size, bool)
    places = {slot.name: _seen(slot) for slot in _prunable(graph, slots)}
    if not places:
        raise LenetError("there is nothing to prune", "All layers with weights are frozen.")
    groups = list(places.values()) if prune.each else [np.concatenate([*places.values()])]
    for group in groups:
        order = np.argsort(np.abs(weights[group]), kind="stable")
        gone[group[order[: int(prune.share * len(group))]]] = True
    for name, own in places.items():
        if gone[own].all():
            raise LenetError(
                f"`prune {prune.share:g}` leaves no weight of {name}",
                "All of its weights are smaller than most of the others.",
                f"prune less, or write `prune {prune.share:g} each`",
            )
    return gone


def _seen(slot: Slot) -> NDArray[np.int64]:
    """The places of a tensor's weights in the flat array, but for those that are 0 by a table."""
    places = np.arange(slot.offset, slot.offset + slot.size)
    mask = slot.parameter.mask
    if mask is None:
        return places
    seen = np.array(mask).reshape(slot.shape[:2] + (1,) * (len(slot.shape) - 2))
    return places[np.broadcast_to(seen, slot.shape).transpose(slot.order).ravel()]

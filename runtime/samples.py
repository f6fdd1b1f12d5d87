"""Some images of each class or other group, as they are and as a training changes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Graph
from lenet.dsl.training.values import Train
from lenet.runtime import random_streams
from lenet.runtime.augmentations.mixtures import mix
from lenet.runtime.data.dataset import Images
from lenet.runtime.training.batches import Batches
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.slices.count import least_rows, slice_count
from lenet.runtime.training.slices.order import shares, shuffled

Pixels = NDArray[np.generic]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Images of a group, (count, channels, height, width): as they are, and as each of the first
    epochs has them, where the file says `augment`."""

    group: int
    bare: Pixels
    epochs: tuple[Pixels, ...]


def samples_of(
    graph: Graph, images: Images, groups: Mapping[int, Rows], count: int, epochs: int, seed: int,
    white: float,
) -> list[Samples]:  # fmt: skip
    """At most `count` of the training images of each group, whose rows are given, chosen by `seed`.
    Those of the epochs are the very ones that a training with that seed sees; `white` is what is
    stored for a value of 1."""
    train = graph.train or Train()
    slices = slice_count(train.batch, least_rows(graph))
    chosen = {group: _chosen(own, count, seed) for group, own in groups.items()}
    rows = np.concatenate([*chosen.values(), np.zeros(0, np.int64)])
    drawn = []
    if graph.augment is not None and len(rows):
        drawn = [
            _augmented(graph, images, rows, slices, seed, k, white) for k in range(1, epochs + 1)
        ]
    found, at = [], 0
    for group, own in chosen.items():
        part = slice(at, at + len(own))
        found.append(Samples(group, images.pixels[own], tuple(epoch[part] for epoch in drawn)))
        at += len(own)
    return found


def _chosen(own: Rows, count: int, seed: int) -> Rows:
    """Some of these rows, by chance, in their order."""
    order = np.argsort(random_streams.of_held_out(seed).random_raw(len(own)), kind="stable")
    return np.sort(own[order[:count]])


def _augmented(
    graph: Graph, images: Images, rows: Rows, slices: int, seed: int, epoch: int, white: float
) -> Pixels:  # fmt: skip
    """The rows as an epoch has them: what is random about an image follows from its slice, and its
    place in that; and from those that its slice has in the same batch, where they are mixed."""
    assert graph.augment is not None
    found: dict[int, Pixels] = {}
    nothing = np.zeros(images.pixels.shape[1], np.float32)
    normalization = Normalization(nothing, nothing, white)
    for number in sorted(set((rows % slices).tolist())):
        own = Batches(
            images.take(np.arange(number, len(images), slices)), normalization, graph.augment
        )
        key = random_streams.image_key(seed, epoch, number)
        wanted = rows[rows % slices == number] // slices
        parts = [wanted]
        if graph.augment.mixes:
            order = shuffled(len(images), slices, number, seed, epoch)
            parts = _parts(graph, order, wanted, len(images), slices, number)
        for part in parts:
            changed = own.changed(part, key)
            mix(changed, part, graph.augment, key)
            found.update(zip((part * slices + number).tolist(), changed, strict=True))
    return np.stack([found[row] for row in rows.tolist()])


def _parts(
    graph: Graph, order: Rows, wanted: Rows, count: int, slices: int, number: int
) -> list[Rows]:  # fmt: skip
    """What a slice, in the order of an epoch, has in those batches in which the wanted images are;
    of `count` images."""
    batch = (graph.train or Train()).batch
    steps = np.unique((np.flatnonzero(np.isin(order, wanted)) * slices + number) // batch)
    return [order[shares(count, batch, slices, step)[number]] for step in steps.tolist()]

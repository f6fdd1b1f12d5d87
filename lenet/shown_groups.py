"""The images of a dataset in groups, as a sheet shows them: a class each; or of numbers by the size
of the first one, of questions those with a yes, and all, where each is answered with itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Graph
from lenet.runtime.data.dataset import Dataset, Images

_PARTS = 5  # of the images, by the size of an answer
_NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Group:
    """`train` are the rows of its images to train with, `held_out` is how many are to validate
    with."""

    number: int
    name: str
    train: NDArray[np.int64]
    held_out: int


def groups_of(graph: Graph, dataset: Dataset) -> list[Group]:
    """In their order; an image may be in several, where questions have a yes."""
    if dataset.train.of_classes:
        return _classes(graph, dataset)
    if graph.answers == "places":
        return _having(dataset)
    if graph.gives_images:
        held_out = 0 if dataset.test is None else len(dataset.test)
        return [Group(0, "images", np.arange(len(dataset.train)), held_out)]
    if graph.answers == "yes or no":
        return _questions(dataset)
    return _sizes(dataset)


def _classes(graph: Graph, dataset: Dataset) -> list[Group]:
    """All that have names, or images; of numbers only, those of the data."""
    names, data = dataset.classes, graph.data
    first = data.first if data is not None and not names else 0
    parts = [part.labels for part in (dataset.train, dataset.test) if part is not None]
    there = sorted({*range(len(names)), *np.unique(np.concatenate(parts)).tolist()})
    return [
        Group(
            label, names[label] if label < len(names) else str(label + first),
            np.flatnonzero(dataset.train.labels == label), _held_out(dataset, label),
        )
        for label in there
    ]  # fmt: skip


def _held_out(dataset: Dataset, label: int) -> int:
    return 0 if dataset.test is None else int((dataset.test.labels == label).sum())


def _questions(dataset: Dataset) -> list[Group]:
    """The images with a yes to each, and those without any."""

    def having(images: Images | None, k: int) -> NDArray[np.int64]:
        if images is None:
            return np.zeros(0, np.int64)
        yes = images.labels > 0
        return np.flatnonzero(yes[:, k] if k < yes.shape[1] else ~yes.any(axis=1))

    names = [*(f"{name}: yes" for name in dataset.classes), "no yes"]
    return [
        Group(k, name, having(dataset.train, k), len(having(dataset.test, k)))
        for k, name in enumerate(names)
    ]


def _having(dataset: Dataset) -> list[Group]:
    """The images that have each class at any place."""

    def rows(images: Images | None, k: int) -> NDArray[np.int64]:
        return np.flatnonzero((images.labels == k).any(axis=1)) if images is not None else _NOTHING

    return [
        Group(k, name, rows(dataset.train, k), len(rows(dataset.test, k)))
        for k, name in enumerate(dataset.classes)
    ]


def _sizes(dataset: Dataset) -> list[Group]:
    """Equal parts of the images by their first answer, from low to high."""
    values = dataset.train.labels[:, 0]
    found = []
    for k, rows in enumerate(np.array_split(np.argsort(values, kind="stable"), _PARTS)):
        if len(rows):
            ends = f"{values[rows[0]]:.4g} to {values[rows[-1]]:.4g}"
            found.append(Group(k, f"{dataset.classes[0]} {ends}", np.sort(rows), 0))
    return found

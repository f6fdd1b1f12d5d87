"""What a training takes its images from: arrays in this process, or rows on a cluster."""

import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.shapes import as_image, product, show
from lenet.runtime.data.counts import Counts, count
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.survey import Surveyed, survey
from lenet.runtime.data.values import Form, form_of_encoded
from lenet.runtime.look import check_labels, check_metrics
from lenet.runtime.training.slices.shard import Shard, deal

if TYPE_CHECKING:
    from lenet.runtime.data.features import Features
    from lenet.runtime.spark.session import DataFrame, SparkSession


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """Images of one `shape`, with labels below the number of `classes`, or from 0 where these have
    no names.

    `rows` are those to train with, `held_out` those to validate with, `largest` is the largest
    label. A value is what is stored, of `dtype`, times `scale`. `fingerprint` tells the images from
    others. `left_out` tells of pictures that could not be read. There are `pad` rows and columns of
    zeros around each image. Images to train with may be `weighted`, and have so many `answers` that
    are no class, whose names are the `classes` then; `features` are how they are made of a table.
    """

    name: str
    shape: tuple[int, int, int]
    dtype: str
    rows: int
    held_out: int
    largest: int
    classes: tuple[str, ...]
    scale: float
    fingerprint: str
    left_out: tuple[str, ...]
    pad: tuple[int, int]
    weighted: bool
    answers: int
    features: "Features | None"

    @property
    def group(self) -> int:
        """How many images to validate with are compared with each other."""
        return 1 if self.features is None else self.features.group

    @cached_property
    def counted(self) -> tuple[Counts, dict[int, int]]:
        """What is counted of the images to train with, and how many of those to validate with have
        each label."""
        return self._count()

    @abstractmethod
    def _count(self) -> tuple[Counts, dict[int, int]]:
        """See `counted`."""

    @property
    @abstractmethod
    def encoded(self) -> Form | None:
        """How to read the images of `frame` where they stay encoded until they are due."""

    @abstractmethod
    def held_out_labels(self) -> NDArray[Any]:
        """Those of the images to validate with, or their answers; classes in any order."""

    @abstractmethod
    def frame(self, session: "SparkSession") -> "DataFrame":
        """Columns row, validation, image (bytes), label, answers and weight."""

    def shard(self, count: int) -> Shard:
        """All images, in `count` slices, for a worker in this process."""
        raise LenetError("the local engine does not read DataFrames", "", 'use engine="spark"')

    def close(self) -> None:  # noqa: B027 - most keep nothing
        """What the cluster keeps of the images is no longer needed."""


@dataclass(frozen=True, eq=False)
class InMemory(Source):
    """A dataset in this process."""

    train: Images
    test: Images
    surveyed: tuple[Surveyed, Surveyed] | None = None  # of both, where they stay encoded

    @classmethod
    def of(cls, dataset: Dataset) -> "InMemory":
        """DataError where its parts do not fit together."""
        train, test = dataset.train, dataset.test
        if test is None:
            test = train.take(np.arange(0))
        if test.pixels.shape[1:] != dataset.shape:
            raise DataError(f"the training and test images of {dataset.name} differ in shape")
        parts = [part for part in (train, test) if len(part) and part.of_classes]
        largest = max((int(part.labels.max()) for part in parts), default=-1)
        surveyed = None
        if not isinstance(train.pixels, np.ndarray):
            scale, pad = dataset.scale, dataset.pad
            surveyed = survey(train, scale, pad), survey(test, scale, pad)
        sums = []
        for number, part in enumerate((train, test)):
            if surveyed is not None:
                sums.append(surveyed[number].checksum)
            arrays = part.pixels, part.labels, part.weights
            sums += [_checksum(array) for array in arrays if isinstance(array, np.ndarray)]
        fingerprint = f"{len(train)} {len(test)} " + " ".join(f"{value:08x}" for value in sums)
        return cls(
            dataset.name, dataset.shape, str(train.pixels.dtype), len(train), len(test), largest,
            dataset.classes, dataset.scale, fingerprint, tuple(sorted(dataset.left_out)),
            dataset.pad, train.weights is not None, train.answers,
            dataset.features, train, test, surveyed,
        )  # fmt: skip

    def _count(self) -> tuple[Counts, dict[int, int]]:
        if self.surveyed is not None:
            train, test = (part.counts for part in self.surveyed)
        else:
            train, test = (count(part, self.scale, self.pad) for part in (self.train, self.test))
        return train, test.labels

    @property
    def encoded(self) -> Form | None:
        pixels = self.train.pixels
        return None if isinstance(pixels, np.ndarray) else form_of_encoded(pixels.form)

    def held_out_labels(self) -> NDArray[Any]:
        return self.test.labels

    def frame(self, session: "SparkSession") -> "DataFrame":
        from lenet.runtime.spark.rows import images_frame

        return images_frame(session, self.train, self.test)

    def shard(self, count: int) -> Shard:
        return deal(self.train, self.test, count, group=self.group)


def _checksum(array: NDArray[Any]) -> int:
    return zlib.crc32(array.data.cast("B")) if array.size else 0


def _check_batch(graph: Graph, source: Source) -> None:
    """Whether a batch has all images, where the optimizer asks for that."""
    train = graph.train
    if train is None or not OPTIMIZERS[train.optimizer.name].whole or train.batch >= source.rows:
        return
    raise DataError(
        f"`{train.optimizer.name}` needs all images in one batch",
        f"{source.name} has {source.rows:,} images to train with, and a batch {train.batch:,}: the "
        "gradients of two batches differ for another reason than the step between them.",
        f"write `batch {source.rows}`, or another optimizer",
    )


def check_source(graph: Graph, source: Source, may_lack_tests: bool = False) -> None:
    """Whether the images fit the net; the checker cannot know before they are read."""
    if source.shape != as_image(graph.input) and (product(source.shape),) != graph.input:
        raise DataError(
            f"the net's input is {show(graph.input)}, but the images of {source.name} are "
            f"{show(source.shape)}",
            "Shapes are channels x height x width.",
            f"write input {show(source.shape)}",
        )
    if graph.data is not None and graph.data.weight and not source.weighted:
        raise DataError(
            f"the file says `weight`, and {source.name} has no weights",
            f"It names the column {clean(graph.data.weight)}; arrays have none.",
            "give a table with this column, or remove the line",
        )
    _check_batch(graph, source)
    check_labels(graph, source)
    check_metrics(graph, source)
    if not source.held_out and not may_lack_tests:
        fix = "hold some training images out: `validate 1000` in the data section"
        raise DataError(f"{source.name} has no test images", "", fix)

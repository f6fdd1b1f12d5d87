"""What a training takes its images from: arrays in this process, or rows on a cluster."""

import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsl.errors import LenetError
from dsl.graph import Graph
from dsl.shapes import product, show
from runtime.data.dataset import DataError, Dataset, Images
from runtime.data.statistics import Normal, count_bytes, of_bytes, of_floats, sum_floats
from runtime.shard import Shard, deal

if TYPE_CHECKING:
    from runtime.spark.session import DataFrame, SparkSession


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """Images of one `shape`, with labels below the number of `classes`.

    `rows` are those to train with, `held_out` those to validate with, `largest` is the largest
    label. A value is what is stored, of `dtype`, times `scale`. `fingerprint` tells the images from
    others.
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

    @abstractmethod
    def statistics(self, channels: int) -> Normal:
        """Mean and deviation of the values of each channel, of the images to train with."""

    @abstractmethod
    def frame(self, session: "SparkSession") -> "DataFrame":
        """Columns row, validation, image (bytes) and label."""

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

    @classmethod
    def of(cls, dataset: Dataset) -> "InMemory":
        """DataError where its parts do not fit together."""
        train, test = dataset.train, dataset.test
        if test is None:
            test = train.take(np.arange(0))
        if test.pixels.shape[1:] != dataset.shape:
            raise DataError(f"the training and test images of {dataset.name} differ in shape")
        largest = max(int(part.labels.max()) if len(part) else -1 for part in (train, test))
        sums = [
            zlib.crc32(array.data.cast("B")) if array.size else 0
            for part in (train, test)
            for array in (part.pixels, part.labels)
        ]
        fingerprint = f"{len(train)} {len(test)} " + " ".join(f"{value:08x}" for value in sums)
        return cls(
            dataset.name, dataset.shape, str(train.pixels.dtype), len(train), len(test), largest,
            dataset.classes, dataset.scale, fingerprint, train, test,
        )  # fmt: skip

    def statistics(self, channels: int) -> Normal:
        if self.dtype == "uint8":
            return of_bytes(count_bytes(self.train, channels), self.scale)
        return of_floats(sum_floats(self.train, channels))

    def frame(self, session: "SparkSession") -> "DataFrame":
        from runtime.spark.engine import images_frame

        return images_frame(session, self.train, self.test)

    def shard(self, count: int) -> Shard:
        return deal(self.train, self.test, count)


def check_source(graph: Graph, source: Source, may_lack_tests: bool = False) -> None:
    """Whether the images fit the net; the checker cannot know before they are read."""
    if source.shape != graph.input and (product(source.shape),) != graph.input:
        raise DataError(
            f"the net's input is {show(graph.input)}, but the images of {source.name} are "
            f"{show(source.shape)}",
            "",
            f"write input {show(source.shape)}",
        )
    if source.largest >= len(source.classes):
        raise DataError(
            f"{source.name} has a label {source.largest}",
            f"There are {len(source.classes)} classes, and labels count from 0.",
        )
    # The classes of IDX files are only counted from their labels: some may not occur.
    some = tuple(str(k) for k in range(len(source.classes))) == source.classes
    spare = graph.output[0] - len(source.classes)
    if len(graph.output) != 1 or spare < 0 or (spare > 0 and not some):
        raise DataError(
            f"the net's output is {show(graph.output)}, but {source.name} has "
            f"{len(source.classes)} classes",
            "",
            f"make the last layer `linear {len(source.classes)}`",
        )
    if not source.held_out and not may_lack_tests:
        fix = "hold some training images out: `validate 1000` in the data section"
        raise DataError(f"{source.name} has no test images", "", fix)

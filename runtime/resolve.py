"""From the `data` section to images: in this process, or for executors to read."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.errors import LenetError
from dsl.graph import Graph, bare_shape
from dsl.sections.data import Data
from runtime.data import DataError, Dataset, load_dataset
from runtime.data.fetch import Progress
from runtime.source import InMemory, Source, check_source

if TYPE_CHECKING:
    from runtime.spark.frames import Columns
    from runtime.spark.session import DataFrame, SparkSession

_ON_THE_CLUSTER = ("images", "parquet")  # what executors read, where there are some


@dataclass(frozen=True, eq=False)
class Deferred:
    """Data that executors read: the files that `path` names, or the rows of `frame`."""

    graph: Graph
    path: str = ""
    frame: "DataFrame | None" = None
    columns: "Columns | None" = None

    def open(self, session: "SparkSession") -> Source:
        from runtime.spark import frames

        section = self.graph.data
        pad = section.pad if section else (0, 0)
        validate = section.validate if section else 0
        seed = self.graph.train.seed if self.graph.train else 1
        shape = bare_shape(self.graph)
        if self.frame is not None:
            columns = self.columns or frames.Columns()
            if columns.validation is not None:
                validate = 0
            return frames.source_of(self.frame, columns, shape, pad, validate, seed)
        assert section is not None
        if section.kind == "images":
            return frames.read_pictures(session, self.path, shape, pad, validate, seed)
        columns = frames.Columns(section.image, section.label)
        return frames.read_parquet(session, self.path, columns, shape, pad, validate, seed)


def resolve_data(
    graph: Graph, spec: Path, data: Path | None, progress: Progress | None, engine: str = "local"
) -> Dataset | Deferred:
    """The dataset of the `data` section, held out as it says; the test set validates else.

    `data` holds local copies, or takes the place of the folder that the file names. With Spark,
    executors read what may be large.
    """
    section = graph.data
    if section is None:
        fix = "add a line such as `data mnist` to the file"
        raise LenetError(f"{spec} does not say what to train on", "", fix)
    path = section.path
    if path and "://" not in path:
        path = str(spec.parent / path)
    argument = str(data) if path and data else path
    if engine == "spark" and section.kind in _ON_THE_CLUSTER and argument:
        return Deferred(graph, argument)
    if argument and "://" in argument:
        title = f"the local engine cannot read {argument}"
        raise DataError(title, "", "train with --engine spark", 'train with engine="spark"')
    return _prepared(_load(graph, section, argument, data, progress), graph, section)


def _load(
    graph: Graph, section: Data, argument: str | None, data: Path | None, progress: Progress | None
) -> Dataset:
    names = section.image, section.label
    return load_dataset(section.kind, argument, data, progress, bare_shape(graph), names)


def _prepared(dataset: Dataset, graph: Graph, section: Data) -> Dataset:
    """Padded, and with images to validate with, as the section says."""
    if any(section.pad):
        dataset = dataset.padded(section.pad)
    if section.validate:
        dataset = dataset.hold_out(section.validate, graph.train.seed if graph.train else 1)
    return dataset


def evaluation_images(graph: Graph, data: Path | None) -> Dataset:
    """The dataset of a model's spec, with test images; `data` may name another IDX folder."""
    section = graph.data
    if section is None:
        detail = "Its file has no section `data`."
        raise LenetError("the model does not say what it was trained on", detail)
    path = str(data) if section.path and data else section.path
    dataset = _load(graph, section, path, data, None)
    if dataset.test is not None:  # whatever was held out of the training images
        section = replace(section, validate=0)
    dataset = _prepared(dataset, graph, section)
    check_source(graph, InMemory.of(dataset))
    return dataset

"""From the `data` section to images: in this process, or for executors to read."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph, bare_shape
from lenet.dsl.sections.data import Data
from lenet.dsl.training.values import Train
from lenet.runtime.data import DataError, Dataset, Images
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.features import Features
from lenet.runtime.data.given import given
from lenet.runtime.data.given_columns import frame_of_columns, of_columns, wanted_of
from lenet.runtime.data.labels import renumbered
from lenet.runtime.data.splits import with_held_out
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.target import Target
from lenet.runtime.datasets import (
    Progress,
    load_dataset,
    read_on_executors,
    reads_on_executors,
)
from lenet.runtime.training.source import InMemory, Source, check_source

if TYPE_CHECKING:
    from lenet.runtime.spark.session import DataFrame, SparkSession


@dataclass(frozen=True, eq=False)
class Deferred:
    """Data that executors read: the files that `path` names, or the rows of `frame`."""

    graph: Graph
    path: str = ""
    frame: "DataFrame | None" = None
    columns: Columns | None = None
    memory: int | None = None

    def open(self, session: "SparkSession") -> Source:
        """The rows, checked and numbered by executors; DataError where one cannot be used."""
        from lenet.runtime.spark import frames

        section, shape = self.graph.data, bare_shape(self.graph)
        seed, target = _seed(self.graph), Target.of(self.graph)
        streaming = Streaming.of(self.graph, self.memory)
        if self.frame is not None and section is not None and section.tabular:
            return frame_of_columns(self.frame, self.graph, section, self.columns)
        if self.frame is not None:
            columns = self.columns or _columns_of(section)
            return frames.source_of(
                self.frame, columns, shape, section, seed, target=target, streaming=streaming
            )
        assert section is not None
        source = read_on_executors(
            session,
            replace(wanted_of(self.graph, section, self.path), shape=shape, streaming=streaming),
            seed,
        )
        assert isinstance(source, Source)
        return source


def _columns_of(section: Data | None) -> Columns:
    """Those that a section names for tables."""
    if section is None or not DATASETS[section.kind].columns:
        return Columns()
    return Columns(section.image, section.label, weight=section.weight or None)


def resolve_data(
    graph: Graph, spec: Path, data: Path | None, progress: Progress | None, engine: str = "local",
    memory: int | None = None,
) -> Dataset | Deferred:  # fmt: skip
    """The dataset of the `data` section, held out as it says; the test set validates else.

    `data` holds local copies, or takes the place of the folder that the file names. With Spark,
    executors read what may be large. Pictures that are more than `memory`, in bytes, stay encoded.
    """
    section = graph.data
    if section is None or DATASETS[section.kind].given:
        asked = "It says `data frame`: a program gives the data." if section else ""
        fix = "add a line such as `data mnist` to the file"
        fix = "write another source, such as `data mnist`" if section else fix
        fix += ', or give data from Python: lenet.train("net.lenet", (x, y))'
        raise LenetError(f"{spec} does not say what to train on", asked, fix)
    path = section.path
    if path and "://" not in path:
        path = str(spec.parent / path)
    argument = _in_place_of(path, data)
    far = bool(argument) and "://" in str(argument)
    # What is answered with the image itself is read here, and tables of this machine.
    here = section.itself or (section.tabular and not (far and section.row_by_row))
    there = bool(argument) and reads_on_executors(section.kind) and not here
    if engine == "spark" and there:
        return Deferred(graph, str(argument), memory=memory)
    if far and not there:
        raise DataError(
            f"cannot read {argument}",
            "Executors read parquet files from there, whose rows are images, or each one to learn "
            "from.",
            "copy it to this machine", 'say `data frame`, and give a DataFrame, such as '
            'spark.read.csv("…", header=True, inferSchema=True)',
        )  # fmt: skip
    if far:
        title = f"the local engine cannot read {argument}"
        raise DataError(title, "", "train with --engine spark", 'train with engine="spark"')
    streaming = Streaming.of(graph, memory) if not section.itself else None
    loaded = _load(graph, section, argument, data, progress, streaming=streaming)
    return _prepared(loaded, graph, section)


def _in_place_of(path: str | None, data: Path | None) -> str | None:
    """Where the data lie that a file has at a path, if it has: in a folder `data` under the same
    name, or else that folder is meant."""
    if not path or data is None:
        return path
    own = data / Path(path).name
    return str(own if own.exists() else data)


def _load(
    graph: Graph, section: Data, argument: str | None, data: Path | None,
    progress: Progress | None, classes: tuple[str, ...] | None = None,
    streaming: Streaming | None = None, features: Features | None = None,
) -> Dataset:  # fmt: skip
    dataset = load_dataset(
        section.kind, argument, data, progress, bare_shape(graph), section, classes,
        Target() if section.itself else Target.of(graph), streaming,
        inputs=graph.inputs, seed=_seed(graph), features=features,
    )  # fmt: skip
    if section.tabular:
        return dataset
    if DATASETS[section.kind].singly:  # which has done it row by row
        return dataset
    return renumbered(dataset, section.first, section.distinct)


def given_data(
    data: Any, graph: Graph, columns: Columns | None, memory: int | None = None
) -> Dataset:
    """Arrays and tables of this process, as the data section reads them."""
    section = graph.data
    if section is not None and section.tabular:
        return of_columns(data, graph, section, columns)
    columns = columns or _columns_of(section)
    wanted = section, Target.of(graph), columns, Streaming.of(graph, memory)
    dataset = given(data, bare_shape(graph), *wanted)
    if section is None:
        return dataset
    if dataset.test is not None:  # what is given to test with comes before what the file says
        section = replace(section, validate=0, split=None)
    return _prepared(dataset, graph, section)


def _prepared(dataset: Dataset, graph: Graph, section: Data) -> Dataset:
    """Padded, with images to validate with, and answered by the images themselves, as the section
    says."""
    if any(section.pad):
        dataset = dataset.padded(section.pad)
    if section.holds_out and not section.tabular:
        dataset = with_held_out(dataset, section, _seed(graph))
    return dataset.answered_by_images() if section.itself else dataset


def _seed(graph: Graph) -> int:
    return graph.train.seed if graph.train else Train.seed


def _as_classes_of(dataset: Dataset, classes: tuple[str, ...] | None) -> Dataset:
    """With the classes' numbers that a model has: other data may lack some of them."""
    if classes is None or not dataset.classes or not dataset.train.of_classes:
        return dataset
    strange = [name for name in dataset.classes if name not in classes]
    if strange:
        detail = f"Its classes are {', '.join(classes)}."
        raise DataError(f"the model has no class {strange[0]}, which {dataset.name} has", detail)
    places = np.array([classes.index(name) for name in dataset.classes], np.int32)

    def renamed(images: Images) -> Images:
        return replace(images, labels=places[images.labels])

    test = None if dataset.test is None else renamed(dataset.test)
    return replace(dataset, train=renamed(dataset.train), test=test, classes=classes)


def evaluation_images(
    graph: Graph, data: Path | None, classes: tuple[str, ...] | None = None,
    features: Features | None = None,
) -> Dataset:  # fmt: skip
    """The dataset of a model's spec, with test images; `data` may name another IDX folder.
    `classes` and `features` are the model's."""
    section = graph.data
    if section is None or DATASETS[section.kind].given:
        detail = "Its file has no section `data`."
        if section is not None:
            detail = "Its file says `data frame`: a program gave the data."
        fix = "evaluate it from Python: lenet.open(path).evaluate(images, labels)"
        raise LenetError("the model does not say what it was trained on", detail, fix)
    path = _in_place_of(section.path, data)
    if path and "://" in path:
        raise DataError(
            f"this process cannot read {path}", "Executors have read it for the training.",
            "copy it to this machine, and name the copy: --data PATH",
            "evaluate it with arrays: lenet.open(path).evaluate(images, labels)",
        )  # fmt: skip
    dataset = _load(graph, section, path, data, None, classes, Streaming(), features)
    if dataset.test is not None:  # whatever was held out of the training images
        section = replace(section, validate=0, split=None)
    dataset = _as_classes_of(_prepared(dataset, graph, section), classes)
    check_source(graph, InMemory.of(dataset))
    return dataset

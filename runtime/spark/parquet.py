"""Parquet files that executors read, in the same order and by the same names as elsewhere."""

import os
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.formats.columns import needed
from lenet.runtime.data.formats.hub import KEY, Features, Parts, parts_of
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.target import Target
from lenet.runtime.datasets import Wanted
from lenet.runtime.spark.failures import known_cause, run_action, summary
from lenet.runtime.spark.frames import FrameSource, source_of
from lenet.runtime.spark.tables import table_source

_CLASS = Target()
PATH, ROW, HELD = "!path", "!row", "!held"  # columns that rows of files have


def read_parquet(
    session: SparkSession, path: str, input_shape: Shape, section: Data, seed: int,
    target: Target = _CLASS, streaming: Streaming | None = None,
) -> FrameSource:  # fmt: skip
    """PATH/train and PATH/test, files of such names, or one file or folder; rows in the order of
    files and rows."""
    files = _Files(session, path)
    name = os.path.basename(path.rstrip("/"))
    parts = run_action(session, lambda: files.parts(name))
    frame = files.read(parts.train, held=False)
    metadata = run_action(session, lambda: files.metadata(parts.train[0]))
    features = Features.of(metadata)
    section = features.columns(section, frame.columns, target, name)
    if parts.test and not section.holds_out:  # which takes its place
        test = files.read(parts.test, held=True)
        if section.weight and section.weight not in test.columns:
            test = test.withColumn(section.weight, F.lit(None))
        frame = frame.unionByName(test)
    names: tuple[str, ...] = ()
    if target.is_class and section.label in frame.columns:
        whole = dict(frame.dtypes)[section.label] in ("tinyint", "smallint", "int", "bigint")
        names = features.classes(section, whole)
    columns = Columns(section.image, section.label, weight=section.weight or None)
    return source_of(
        frame, columns, input_shape, section, seed, name, frame[HELD],
        (frame[PATH], frame[ROW]), target=target, streaming=streaming, names=names,
    )  # fmt: skip


def read_parquet_table(session: SparkSession, wanted: Wanted) -> FrameSource:
    """The same files, whose columns are for the inputs of a net."""
    section, path = wanted.section, wanted.argument
    files = _Files(session, path)
    name = os.path.basename(path.rstrip("/"))
    parts = run_action(session, lambda: files.parts(name))
    frame = files.read(parts.train, held=False)
    columns = Columns(key=None)
    if parts.test and not section.holds_out:  # which takes its place
        frame = frame.unionByName(files.read(parts.test, held=True), allowMissingColumns=True)
        columns = replace(columns, validation=HELD)
    names = (*needed(wanted.inputs, wanted.target, section), HELD)
    return table_source(frame, names, wanted, columns, (PATH, ROW), name)


class _Files:
    """Those below a path of any file system that Spark knows."""

    def __init__(self, session: SparkSession, path: str) -> None:
        self.session, self.path = session, path
        self.place = path if "://" in path else f"file://{os.path.abspath(path)}"
        self.jvm: Any = session.sparkContext._jvm
        self.settings = session.sparkContext._jsc.hadoopConfiguration()

    def _hadoop(self, name: str) -> Any:
        return self.jvm.org.apache.hadoop.fs.Path(f"{self.place}/{name}" if name else self.place)

    def _there(self, name: str) -> bool:
        full = self._hadoop(name)
        return bool(full.getFileSystem(self.settings).exists(full))

    def _listing(self, name: str) -> tuple[list[str], list[str]]:
        full = self._hadoop(name)
        found = list(full.getFileSystem(self.settings).listStatus(full))
        files = [one.getPath().getName() for one in found if not one.isDirectory()]
        folders = [one.getPath().getName() for one in found if one.isDirectory()]
        return files, [folder for folder in folders if not folder.startswith((".", "_"))]

    def parts(self, name: str) -> Parts:
        """What to train with, and to validate with."""
        if self._there("train"):
            return Parts(("train",), ("test",) if self._there("test") else ())
        full = self._hadoop("")
        system = full.getFileSystem(self.settings)
        folder = system.exists(full) and system.getFileStatus(full).isDirectory()
        found = parts_of(self._listing, name) if folder else None
        return found or Parts(("",), ())

    def metadata(self, name: str) -> dict[str, str]:
        """Those of the first file, that pictures and classes are told in."""
        if not name.endswith(".parquet") and not self.place.endswith(".parquet"):
            return {}
        hadoop = self.jvm.org.apache.parquet.hadoop
        given = hadoop.util.HadoopInputFile.fromPath(self._hadoop(name), self.settings)
        reader = hadoop.ParquetFileReader.open(given)
        try:
            told = reader.getFileMetaData().getKeyValueMetaData().get(KEY)
        finally:
            reader.close()
        return {KEY: str(told)} if told is not None else {}

    def read(self, names: tuple[str, ...], held: bool) -> DataFrame:
        """The rows of some files or folders, with PATH, ROW and HELD."""
        places = [f"{self.place}/{name}" if name else self.place for name in names]
        try:
            return self.session.read.parquet(*places).select(
                "*", F.col("_metadata.file_path").alias(PATH),
                F.col("_metadata.row_index").alias(ROW), F.lit(held).alias(HELD),
            )  # fmt: skip
        except Exception as error:  # whatever Spark finds
            unforeseen = DataError(f"Cannot read {self.path}.", summary(error))
            raise known_cause(error, self.session) or unforeseen from None

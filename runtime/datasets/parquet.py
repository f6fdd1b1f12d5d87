"""parquet: a table of images and labels."""

from typing import Any

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.datasets import Wanted


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    from lenet.runtime.data.formats.parquet import load_parquet, read_tables  # slow to import

    if wanted.section.tabular:
        from lenet.runtime.data.formats.columns import dataset_of_columns

        return dataset_of_columns(*read_tables(wanted.path), wanted)
    return load_parquet(
        wanted.path, wanted.shape or (), wanted.section, wanted.classes, wanted.target,
        wanted.streaming,
    )  # fmt: skip


def read(session: Any, wanted: Wanted, seed: int) -> Any:
    """See the package."""
    from lenet.runtime.spark.parquet import read_parquet, read_parquet_table

    if wanted.section.tabular:
        return read_parquet_table(session, wanted)
    shape, section = wanted.shape or (), wanted.section
    return read_parquet(
        session, wanted.argument, shape, section, seed, wanted.target, wanted.streaming
    )

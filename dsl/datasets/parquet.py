"""parquet: a table of images and labels."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="parquet",
    summary="a table with the columns `image` and `label`",
    example='data parquet "table"',
    path="path",
    singly=True,
    columns=True,
)

"""csv: a table as text."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="csv",
    summary="a table as text, whose first line names its columns; `category`, `number` and `text` "
    "say which of them the inputs take",
    example='data csv "table.csv"',
    path="path",
    columns=True,
    tables=True,
    aliases=("tsv", "table", "text_file"),
)

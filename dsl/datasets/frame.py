"""frame: what a program gives to train with."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="frame",
    summary="a DataFrame or arrays, given to `lenet.train` from Python",
    example="data frame",
    singly=True,
    columns=True,
    given=True,
    aliases=(
        "dataframe",
        "array",
        "arrays",
        "numpy",
        "pandas",
    ),
)

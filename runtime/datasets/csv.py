"""csv: a table as text."""

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.datasets import Wanted


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    from lenet.runtime.data.formats.columns import dataset_of_columns
    from lenet.runtime.data.formats.csv import read_csv

    train, test = read_csv(wanted.path)
    return dataset_of_columns(train, test, wanted)

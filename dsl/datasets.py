"""What the checker knows of the datasets that the language names."""

from dataclasses import dataclass

from dsl.shapes import Shape


@dataclass(frozen=True)
class KnownDataset:
    """`shape` and `classes` are None where only the files can tell."""

    shape: Shape | None
    classes: int | None
    takes_path: bool = False


DATASETS = {
    "digits": KnownDataset((1, 8, 8), 10),
    "mnist": KnownDataset((1, 28, 28), 10),
    "idx": KnownDataset(None, None, takes_path=True),
}

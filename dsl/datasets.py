"""What the checker knows of the datasets that the language names."""

from dataclasses import dataclass

from lenet.dsl.shapes import Shape


@dataclass(frozen=True)
class KnownDataset:
    """`shape` and `classes` are None where only the files can tell; `path` says what names them.

    `drawn` tells how its images were made of drawings, where that is known: the drawing fits into a
    square of so many pixels with its aspect kept, and its centre of mass is the image's middle.
    """

    doc: str
    shape: Shape | None = None
    classes: int | None = None
    path: str = ""
    drawn: int | None = None


DATASETS = {
    "digits": KnownDataset("scikit-learn's handwritten digits, at hand always", (1, 8, 8), 10),
    "mnist": KnownDataset(
        "handwritten digits, 60,000 and 10,000 to test", (1, 28, 28), 10, drawn=20
    ),
    "fashion-mnist": KnownDataset("clothes, in the form of MNIST", (1, 28, 28), 10),
    "cifar10": KnownDataset("photographs, 50,000 and 10,000 to test", (3, 32, 32), 10),
    "idx": KnownDataset("files in MNIST's format", path="dir"),
    "images": KnownDataset("pictures in a folder for each class", path="dir"),
    "parquet": KnownDataset("a table with the columns `image` and `label`", path="path"),
    "frame": KnownDataset("a DataFrame or arrays, given to `lenet.train` from Python"),
}

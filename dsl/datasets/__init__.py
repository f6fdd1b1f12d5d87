"""Datasets: where images come from. Each is an entry, and is read by the module of the same name in
runtime/datasets."""

from dataclasses import dataclass

from lenet.dsl.shapes import Shape, show
from lenet.dsl.vocabulary import Registry, Word


@dataclass(frozen=True, kw_only=True)
class KnownDataset(Word):
    """What the checker knows of a dataset.

    `shape` and `classes` are None where only the files can tell; `path` says what names them.
    `white` is the byte that stands for 1 in its images, where they are bytes.
    `drawn` tells how its images were made of drawings, where that is known: the drawing fits into a
    square of so many pixels with its aspect kept, and its centre of mass is the image's middle.

    Its traits: it is read `singly`, image by image, of any size, as the lines below `data` say; it
    has `columns`, which these name; its labels are names of `folders`, or files in them; it answers
    `places`, one by one; it has `tables` alone, whose columns are for inputs; it is `given` by a
    program.
    """

    shape: Shape | None = None
    classes: int | None = None
    path: str = ""
    white: int = 255
    drawn: int | None = None
    singly: bool = False
    columns: bool = False
    folders: bool = False
    places: bool = False
    tables: bool = False
    given: bool = False

    @property
    def meaning(self) -> str:
        """With the shape of its images and the number of its classes."""
        facts = f"; images of {show(self.shape)}, {self.classes} classes" if self.shape else ""
        return f"{self.summary}{facts}"


DATASETS: Registry[KnownDataset] = Registry(__name__, "DATASET")

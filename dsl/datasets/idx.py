"""idx: files in the format of MNIST."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="idx",
    summary="files in MNIST's format",
    example='data idx "folder"',
    path="dir",
    aliases=("idx-ubyte",),
)

"""images: pictures in folders."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="images",
    summary="pictures in a folder for each class",
    example='data images "folder"',
    path="dir",
    singly=True,
    folders=True,
    aliases=(
        "imagefolder",
        "folder",
    ),
)

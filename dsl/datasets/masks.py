"""masks: pictures, and for each a picture of the answers at its places."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="masks",
    summary="pictures in a folder `images`, and for each a PNG of the same name in a folder "
    "`masks`, whose values are the answers at its places: numbers of classes, where 255 counts "
    "nothing, with `loss crossentropy`; or black and white, no and yes, with `loss bce`. Both "
    "folders may lie in `train` and `test`. The lines of a file `classes.txt` beside them name the "
    "classes",
    example='data masks "folder"',
    path="dir",
    singly=True,
    folders=True,
    places=True,
    aliases=("segmentation", "maskfolder", "voc"),
)

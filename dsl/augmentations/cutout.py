"""cutout: a rectangle of each image set to 0."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="cutout",
    summary="set a rectangle of this size to 0, whose middle is anywhere in the image",
    example="cutout 8",
    source="DeVries and Taylor 2017, Improved regularization of convolutional neural networks with "
    "cutout",
    stage="paint",
    values=(Option("cutout", "rows and columns of the rectangle", "pair", None, 1),),
    aliases=("erasing", "randomerasing", "coarsedropout"),
)

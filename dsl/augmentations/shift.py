"""shift: the image moves by whole pixels."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="shift",
    summary="move by up to so many pixels, in each direction",
    example="shift 2",
    stage="move",
    values=(Option("shift", "the most rows and columns", "pair", None),),
    aliases=("translate",),
)

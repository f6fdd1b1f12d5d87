"""scale: the image becomes larger or smaller."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="scale",
    summary="make larger or smaller by a factor between these",
    example="scale 0.9 to 1.1",
    stage="turn",
    values=(Option("scale", "the least and the largest factor", "range", None, 0.1, 10),),
    terms={"to": "between the smallest and the largest factor, as in `scale 0.9 to 1.1`"},
    aliases=("zoom",),
)

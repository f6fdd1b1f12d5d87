"""contrast: images differ more or less from their mean."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="contrast",
    summary="let values differ more or less from the mean of the image: times a factor that is "
    "up to so much away from 1",
    example="contrast 0.2",
    stage="paint",
    values=(Option("contrast", "how far the factor may be from 1", "number", None),),
    aliases=("randomcontrast",),
)

"""brightness: images become lighter or darker."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="brightness",
    summary="make lighter or darker: times a factor that is up to so much away from 1",
    example="brightness 0.2",
    stage="paint",
    values=(Option("brightness", "how far the factor may be from 1", "number", None),),
    aliases=("randombrightness",),
)

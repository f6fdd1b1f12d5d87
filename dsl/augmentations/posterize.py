"""posterize: fewer different values."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="posterize",
    summary="keep so many leading bits of each value, of the eight of a byte",
    example="posterize 4 chance 0.5",
    source="Pillow's ImageOps.posterize; torchvision's RandomPosterize",
    stage="paint",
    values=(
        Option("posterize", "how many bits are kept, from 1 to 8", "whole", None, 1, 8,
               what="the number of bits"),
    ),
    aliases=("randomposterize", "posterise"),
)  # fmt: skip

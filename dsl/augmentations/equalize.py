"""equalize: all values become as frequent."""

from lenet.dsl.augmentations import Augmentation

AUGMENTATION = Augmentation(
    name="equalize",
    summary="make all values of each channel as frequent, as far as that goes: by the histogram of "
    "its 256 values",
    example="equalize chance 0.5",
    source="Pillow's ImageOps.equalize; torchvision's RandomEqualize",
    stage="paint",
    aliases=("randomequalize", "equalise", "histogramequalization", "equalizehist"),
)

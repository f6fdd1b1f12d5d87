"""autocontrast: the darkest value becomes black, and the brightest white."""

from lenet.dsl.augmentations import Augmentation

AUGMENTATION = Augmentation(
    name="autocontrast",
    summary="make the darkest value of each channel 0, the brightest 1, and those between in "
    "proportion",
    example="autocontrast chance 0.5",
    source="Pillow's ImageOps.autocontrast; torchvision's RandomAutocontrast",
    stage="paint",
    aliases=("randomautocontrast",),
)

"""invert: light becomes dark, and dark light."""

from lenet.dsl.augmentations import Augmentation

AUGMENTATION = Augmentation(
    name="invert",
    summary="make dark of light, and light of dark: 1 minus each value",
    example="invert chance 0.5",
    stage="paint",
    aliases=("randominvert", "negative"),
)

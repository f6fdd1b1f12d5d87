"""gray: colours become grey."""

from lenet.dsl.augmentations import Augmentation

AUGMENTATION = Augmentation(
    name="gray",
    summary="make grey images of colours, which keep three channels",
    example="gray chance 0.1",
    stage="paint",
    of_colours=True,
    aliases=("grey", "grayscale", "greyscale", "randomgrayscale", "togray"),
)

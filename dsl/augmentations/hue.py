"""hue: colours change into others."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="hue",
    summary="turn the hue of all colours by up to this part of a circle, either way",
    example="hue 0.1",
    stage="paint",
    values=(
        Option(
            "hue",
            "the largest part of a circle, of which 0.5 is the opposite",
            "number",
            None,
            high=0.5,
            closed=True,
        ),
    ),
    of_colours=True,
    aliases=("randomhue",),
)

"""flip: the image mirrored."""

from dataclasses import replace

from lenet.dsl.augmentations import CHANCE, Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="flip",
    summary="mirror every second image, or as many as `chance` says, left and right or up and down",
    example="flip horizontal",
    stage="mirror",
    options=(
        Option("horizontal", "left and right are exchanged", "switch", False),
        Option("vertical", "up and down are exchanged", "switch", False),
        replace(CHANCE, default=0.5),
    ),
    fits=lambda use: use["horizontal"] or use["vertical"],
    repeatable=True,
    aliases=(
        "mirror",
        "randomhorizontalflip",
    ),
)

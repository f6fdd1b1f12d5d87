"""crop: a window of the image."""

from dataclasses import replace

from lenet.dsl.augmentations import CHANCE, Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="crop",
    summary="cut a window out of the image, after padding it",
    example="crop 28x28 pad 2",
    stage="cut",
    values=(Option("crop", "rows and columns of the window", "pair", None, 1),),
    options=(
        Option(
            "pad",
            "rows and columns of zeros around the image before it is cut, as in `crop 28x28 pad 2`",
            "pair",
            (0, 0),
            what="the padding",
        ),
        replace(CHANCE, summary=f"{CHANCE.summary}; the window of others lies in the middle"),
    ),
    resizes="crop",
    aliases=("randomcrop",),
)

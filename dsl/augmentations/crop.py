"""crop: a window of the image."""

from dataclasses import replace

from lenet.dsl.augmentations import CHANCE, Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="crop",
    summary="cut a window out of the image, after padding it; or one of any size, as in `crop "
    "random 0.3 to 1`, which gets the size of the image; below `resize` it is cut from the picture "
    "as it is, before anything else happens",
    example="crop 28x28 pad 2",
    stage="cut",
    values=(Option("crop", "rows and columns of the window", "pair", (0, 0), 1),),
    options=(
        Option(
            "random",
            "the least and the largest part of the image's area that a window has, whose width is "
            "3/4 to 4/3 of its height (Szegedy et al. 2015)",
            "range",
            (0.0, 0.0),
            0.01,
            1.0,
            what="the part of the area",
            closed=True,
        ),
        Option(
            "pad",
            "rows and columns of zeros around the image before it is cut, as in `crop 28x28 pad 2`",
            "pair",
            (0, 0),
            what="the padding",
        ),
        replace(
            CHANCE,
            summary=f"{CHANCE.summary}; others are cut in the middle, or, behind "
            "`random`, not at all",
        ),
    ),
    # Of a size, or random.
    fits=lambda use: (
        any(use["crop"]) != any(use["random"]) and not (any(use["random"]) and any(use["pad"]))
    ),
    terms={"to": "between the least and the largest part, as in `crop random 0.3 to 1`"},
    resizes="crop",
    windows="random",
    aliases=("randomcrop",),
)

"""shear: rows of the image slide over each other, and columns."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="shear",
    summary="let rows slide over each other, so that columns lean by up to so much, either way; "
    "the middle stays",
    example="shear 10 degrees",
    stage="shear",
    values=(Option("shear", "the largest angle", "angle", None, high=80, what="the shear"),),
    options=(
        Option(
            "vertical",
            "the largest angle by which rows lean, as in `shear 10 degrees vertical 5 degrees`",
            "angle",
            0.0,
            high=80,
            what="the vertical shear",
        ),
    ),
    terms={"degrees": "the unit of angles, of which a full turn has 360"},
    aliases=("shearx", "skew", "randomshear"),
)

"""rotate: the image turns about its middle."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="rotate",
    summary="turn by up to so much, either way",
    example="rotate 10 degrees",
    stage="turn",
    values=(Option("rotate", "the largest angle", "angle", None, high=180, what="the rotation"),),
    terms={"degrees": "the unit of angles, of which a full turn has 360"},
    aliases=(
        "rotation",
        "randomrotation",
    ),
)

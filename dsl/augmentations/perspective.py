"""perspective: the image is seen from elsewhere."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="perspective",
    summary="see the image from elsewhere: each corner moves inwards, by up to this part of half "
    "the height and half the width",
    example="perspective 0.2",
    source="P. Heckbert 1989, Fundamentals of texture mapping and image warping",
    stage="view",
    # With more, the corners might not be those of a convex quadrilateral.
    values=(Option("perspective", "how far corners move", "number", None, high=0.66),),
    aliases=("randomperspective",),
)

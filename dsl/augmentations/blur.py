"""blur: images lose their sharpness."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="blur",
    summary="blur by a Gaussian whose standard deviation is up to so many pixels",
    example="blur 1",
    stage="paint",
    values=(Option("blur", "the largest standard deviation, in pixels", "number", None, high=100),),
    aliases=("gaussianblur", "gaussblur"),
)

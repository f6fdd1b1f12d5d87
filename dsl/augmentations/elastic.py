"""elastic: the image is bent, as if it were drawn on rubber."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="elastic",
    summary="bend the image: each place moves, down and across, by a uniform number from -1 to 1 "
    "that a Gaussian mixes with its neighbours', times `alpha`",
    example="elastic alpha 34 sigma 4",
    source="Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks "
    "applied to visual document analysis",
    stage="bend",
    options=(
        Option("alpha", "how many pixels a 1 moves", "number", 34.0),
        Option(
            "sigma", "the standard deviation of the Gaussian, in pixels", "number", 4.0, 0.5, 100
        ),
    ),
    aliases=("elastictransform", "elasticdeformation", "elasticdistortion"),
)

"""mixup: the image and another one of the batch, mixed."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="mixup",
    summary="mix each image with another one of its batch, and what they are to be answered with "
    "alike: a share of the image that is drawn for it, from the distribution Beta(a, a) with this "
    "a, and the rest of the other. The smaller a is, the less most images change; with 1, all "
    "shares are equally probable. Of classes, the loss of both counts, by their shares, each with "
    "the weight of its own image; a hit is the class that has more of the image. Where a file has "
    "several such lines, an image is mixed by one of them: of those whose `chance` it has, each is "
    "equally probable",
    example="mixup 0.2",
    source="Zhang et al. 2018, mixup: beyond empirical risk minimization",
    stage="mix",
    blends=True,
    values=(
        Option(
            "mixup",
            "the a of Beta(a, a)",
            default=0.2,
            low=0.01,
            high=1000.0,
            what="the a of Beta(a, a)",
        ),
    ),
    aliases=("mixupalpha", "randommixup"),
)

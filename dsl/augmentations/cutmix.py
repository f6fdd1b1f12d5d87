"""cutmix: a rectangle of the image is that of another one of the batch."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="cutmix",
    summary="put a rectangle of another image of the batch into each image, at the place where it "
    "was, and mix what they are to be answered with by the areas that are there. The part of the "
    "image that stays is drawn from the distribution Beta(a, a) with this a; the rectangle is as "
    "wide for its height as the image, its middle is anywhere in it, and what is beyond the border "
    "is not there. Answers, and several such lines, are as with `mixup`",
    example="cutmix 1.0",
    source="Yun et al. 2019, CutMix: regularization strategy to train strong classifiers with "
    "localizable features",
    stage="mix",
    values=(
        Option(
            "cutmix",
            "the a of Beta(a, a)",
            default=1.0,
            low=0.01,
            high=1000.0,
            what="the a of Beta(a, a)",
        ),
    ),
    aliases=("cutmixalpha", "randomcutmix"),
)

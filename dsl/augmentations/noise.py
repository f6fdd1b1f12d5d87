"""noise: normal noise."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="noise",
    summary="add to each value a number from a normal distribution around 0, with this standard "
    "deviation",
    example="noise 0.1",
    stage="paint",
    values=(
        Option("noise", "the standard deviation, where black is 0 and white is 1", "number", None),
    ),
    aliases=("gaussiannoise", "gaussnoise", "addgaussiannoise"),
)

"""saturation: colours become stronger or weaker."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="saturation",
    summary="let colours differ more or less from grey: times a factor that is up to so much away "
    "from 1",
    example="saturation 0.2",
    stage="paint",
    values=(Option("saturation", "how far the factor may be from 1", "number", None),),
    of_colours=True,
    aliases=("randomsaturation", "color", "colour"),
)

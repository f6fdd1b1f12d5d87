"""solarize: what is bright becomes dark."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="solarize",
    summary="make dark of what is bright: values of at least so much become 1 minus them",
    example="solarize 0.5 chance 0.5",
    source="Pillow's ImageOps.solarize; torchvision's RandomSolarize",
    stage="paint",
    values=(
        Option("solarize", "from which value on, from 0 to 1", "number", None, high=1.0,
               closed=True, what="the value"),
    ),
    aliases=("randomsolarize", "solarise", "solarization"),
)  # fmt: skip

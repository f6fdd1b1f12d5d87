"""sharpness: images become sharper or smoother."""

from lenet.dsl.augmentations import Augmentation
from lenet.dsl.vocabulary import Option

AUGMENTATION = Augmentation(
    name="sharpness",
    summary="let values differ more or less from those around them: from a mean of 3x3 pixels, in "
    "which the middle one counts five times, times a factor that is up to so much away from 1; "
    "pixels at the border stay",
    example="sharpness 0.5",
    source="Pillow's ImageEnhance.Sharpness; torchvision's adjust_sharpness",
    stage="paint",
    values=(Option("sharpness", "how far the factor may be from 1", "number", None),),
    aliases=("sharpen", "randomsharpness", "adjustsharpness", "randomadjustsharpness"),
)

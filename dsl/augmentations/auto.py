"""auto: other augmentations, chosen for each image."""

from lenet.dsl.augmentations import AUGMENTATIONS, Augmentation
from lenet.dsl.shapes import Shape
from lenet.dsl.vocabulary import Option, Use

_STRONGEST = 30.0


def _operations(use: Use, shape: Shape) -> tuple[Use | None, ...]:
    """The fourteen of RandAugment, with torchvision's ranges; None leaves an image as it is. Images
    without colours have thirteen."""
    part = use["magnitude"] / _STRONGEST
    channels, *size = shape
    rows, columns = (round(0.45 * part * side) for side in size)

    def operation(name: str, **values: object) -> Use:
        return AUGMENTATIONS[name].use(**values)

    lean = 16.7 * part  # degrees, whose tangent is 0.3
    found = (
        None,
        operation("rotate", rotate=30 * part),
        operation("shear", shear=lean),
        operation("shear", shear=0.0, vertical=lean),
        operation("shift", shift=(rows, 0)),
        operation("shift", shift=(0, columns)),
        operation("brightness", brightness=0.9 * part),
        operation("contrast", contrast=0.9 * part),
        operation("sharpness", sharpness=0.9 * part),
        operation("posterize", posterize=8 - round(4 * part)),
        # At 0, white would become black.
        operation("solarize", solarize=1 - part) if part else None,
        operation("autocontrast"),
        operation("equalize"),
    )
    return (*found, operation("saturation", saturation=0.9 * part)) if channels == 3 else found


AUGMENTATION = Augmentation(
    name="auto",
    summary="change each image in so many ways of its own, all equally probable: it stays as it "
    "is; it turns, leans or moves, or its brightness, contrast, saturation or sharpness changes, "
    "each by up to the `magnitude`; it is posterized or solarized, by the `magnitude`; its "
    "contrast is stretched, or its values are equalized, whatever the `magnitude` is",
    example="auto 2 magnitude 9",
    source="Cubuk et al. 2020, RandAugment: practical automated data augmentation with a reduced "
    "search space",
    stage="choice",
    values=(
        Option("auto", "how many operations, all different", "whole", 2, 1, what="the number"),
    ),
    options=(
        Option(
            "magnitude",
            "how much images change, from 0 to 30, as in torchvision: with 30, they turn by up to "
            "30 degrees, lean by up to 0.3 of their size, move by up to 0.45 of it, their factors "
            "are up to 0.9 away from 1, 4 bits are kept, and all is solarized; with less, less in "
            "proportion",
            default=9.0,
            high=_STRONGEST,
            closed=True,
        ),
    ),
    operations=_operations,
    aliases=("randaugment", "randaug"),
)

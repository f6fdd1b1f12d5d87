"""What a model's training images were like, as far as its predictions need to know."""

from dataclasses import dataclass
from typing import Any

from lenet.dsl.shapes import Shape
from lenet.runtime.data.preparation import Borders


@dataclass(frozen=True)
class Observed:
    """`shape` is (channels, height, width) before the data section's `pad`. Values went from
    `least` to `most`. `borders` are the brightnesses, from 0 to 1, of nearly all images' borders;
    None where they had none."""

    shape: Shape
    least: float
    most: float
    borders: Borders | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "shape": list(self.shape),
                "borders": list(self.borders) if self.borders else None}  # fmt: skip

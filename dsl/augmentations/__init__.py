"""Augmentations: what happens to training images at random. Each is an entry, and a line of the
section `augment`; it is carried out by the module of the same name in runtime/augmentations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lenet.dsl.shapes import Shape
from lenet.dsl.vocabulary import Option, Registry, Use, Word

Stage = Literal["view", "shear", "turn", "move", "cut", "mirror", "bend", "paint", "choice", "mix"]

# An option of all of them.
CHANCE = Option(
    "chance",
    "how probable it is that an image is changed so, from 0 to 1",
    default=1.0,
    high=1.0,
    closed=True,
    aliases=("p", "probability", "prob"),
)


@dataclass(frozen=True, kw_only=True)
class Augmentation(Word):
    """An augmentation's entry in the vocabulary.

    An image goes through the `stage`s in their order, whatever the order of the lines: it is seen
    from elsewhere, sheared, turned about its middle, moved, cut, and mirrored, all of which is one
    map from places to places; it is bent, which moves places, too; then its values are changed, in
    the order of the lines; at last it is mixed with another one of the batch. One that `resizes`
    may have the new size as the value of that name. One with an option `windows` cuts windows of
    any size, where that is given. A `repeatable` one may stand in several lines.
    One `of_colours` needs red, green and blue. One that `blends` mixes two images place by place.

    One of the stage `choice` has `operations`, some of which are chosen for each image: those of a
    line of it, for images of a shape. They are augmentations, each of its own stage.

    All have the option `chance`. One that has such an option of its own carries it out by itself.
    """

    stage: Stage
    resizes: str = ""
    windows: str = ""
    repeatable: bool = False
    of_colours: bool = False
    blends: bool = False
    operations: Callable[[Use, Shape], tuple[Use | None, ...]] | None = None

    def __post_init__(self) -> None:
        if all(option.name != CHANCE.name for option in self.options):
            object.__setattr__(self, "options", (*self.options, CHANCE))

    @property
    def moves(self) -> bool:
        """Whether what is at a place of an image may come to another one, or from another image."""
        return self.stage != "paint" and not self.blends

    def facts(self, use: Use) -> dict[str, Any]:
        """What a use says that is not said by default. Lines of a repeatable one have a chance
        each, which is told as their value."""
        told = super().facts(use)
        chance = told.pop(f"{self.name}_{CHANCE.name}", None) if self.repeatable else None
        return told if chance is None else dict.fromkeys(told, chance)


AUGMENTATIONS: Registry[Augmentation] = Registry(__name__, "AUGMENTATION")

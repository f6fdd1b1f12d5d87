"""Augmentations: what happens to training images at random. Each is an entry, and a line of the
section `augment`; it is carried out by the module of the same name in runtime/augmentations."""

from dataclasses import dataclass
from typing import Literal

from lenet.dsl.vocabulary import Registry, Word

Stage = Literal["turn", "move", "cut", "mirror", "paint"]


@dataclass(frozen=True, kw_only=True)
class Augmentation(Word):
    """An augmentation's entry in the vocabulary.

    An image goes through the `stage`s in their order, whatever the order of the lines: it is turned
    about its middle, moved, cut, and mirrored, all of which is one map from places to places; then
    its values are changed, in the order of the lines. One that `resizes` has the new size as the
    value of that name. A `repeatable` one may stand in several lines.
    """

    stage: Stage
    resizes: str = ""
    repeatable: bool = False


AUGMENTATIONS: Registry[Augmentation] = Registry(__name__, "AUGMENTATION")

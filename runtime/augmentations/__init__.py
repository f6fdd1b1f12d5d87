"""Training images changed at random: the same change for an image and an epoch everywhere.

Each augmentation is a module of this folder, under the name that the language has for it. Those
that move values have a compiled function `place(maps, rows, key, …)`, which puts one more step into
the map of each image, and `settings(use, given, wanted)`, the numbers that it takes behind these,
for images of the size `given` that become `wanted`. Those that bend images have a function
`bend(fields, rows, key, …)`, which adds to the rows and columns, (count, 2, height, width), by
which each place of the result moves, and `settings(use)`. Those that change values have a function
`paint(light, rows, key, …)`, and `settings(use)`: `light` are the images as float32, (count,
channels, height, width), in which black is 0 and white is 1. All that is random follows from the
epoch's key, the image's row and the number of the draw, so that no line changes what another one
draws.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.augmentations import AUGMENTATIONS, CHANCE
from lenet.dsl.errors import LenetError
from lenet.dsl.sections.augment import Augment
from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.augmentations.draws import first_draw, uniforms
from lenet.runtime.augmentations.sampling import identities, sample, still

_PLACES = ("view", "shear", "turn", "move", "cut", "mirror")
_CHOICE = 255  # the number, of those of a word, of the draw by which an image is changed or not


def augmented(
    pixels: NDArray[Any], rows: NDArray[np.int64], augment: Augment, key: np.uint64,
    white: float = 255.0,
) -> NDArray[Any]:  # fmt: skip
    """Copies of pixels[rows], (count, channels, height, width), each changed in its own way.

    What was outside of the image is 0. `key` is the epoch's. What is painted is in units of
    `white`, what is stored for a value of 1; bytes stay between 0 and this, floats need not.
    LenetError where colours are to be changed, and there are none.
    """
    channels, given = pixels.shape[1], pixels.shape[2:]
    _check_colours(augment, channels)
    size = augment.size or given
    maps = identities(len(rows))
    for use in augment.of_stage(*_PLACES):
        module = carried_out(__name__, use.name)
        wanted = size if AUGMENTATIONS[use.name].resizes else given
        _change(module.place, maps, rows, key, use, module.settings(use, given, wanted))
        given = wanted
    changed = np.empty((len(rows), channels, *size), pixels.dtype)
    bent = augment.of_stage("bend")
    fields = still(len(rows) if bent else 0, size)
    for use in bent:
        module = carried_out(__name__, use.name)
        _change(module.bend, fields, rows, key, use, module.settings(use))
    sample(pixels, rows, maps, fields, changed)
    if not (painted := augment.of_stage("paint")):
        return changed
    light = changed / np.float32(white)
    for use in painted:
        module = carried_out(__name__, use.name)
        _change(module.paint, light, rows, key, use, module.settings(use))
    light *= np.float32(white)
    if pixels.dtype == np.uint8:
        light = np.clip(np.floor(light + np.float32(0.5)), 0, np.float32(white))
    return light.astype(pixels.dtype)


def _change(
    function: Callable[..., None], things: NDArray[Any], rows: NDArray[np.int64], key: np.uint64,
    use: Use, settings: tuple[Any, ...],
) -> None:  # fmt: skip
    """What a line does to maps, fields or images of these rows, or of those that it has drawn."""
    if CHANCE not in AUGMENTATIONS[use.name].options or use[CHANCE.name] == CHANCE.default:
        function(things, rows, key, *settings)
        return
    drawn = uniforms(key, rows, first_draw(use.name) + _CHOICE) < use[CHANCE.name]
    some = things[drawn]
    function(some, rows[drawn], key, *settings)
    things[drawn] = some


def _check_colours(augment: Augment, channels: int) -> None:
    """Of a net that takes vectors, only the data can tell."""
    for use in augment.uses:
        if AUGMENTATIONS[use.name].of_colours and channels != 3:
            raise LenetError(
                f"`{use.name}` changes colours, and these images have none",
                f"They have {channels} channels; red, green and blue are three.",
                f"remove the line `{use.name}` of the section `augment`",
            )

"""Training images changed at random: the same change for an image and an epoch everywhere.

Each augmentation is a module of this folder, under the name that the language has for it. Those
that move values have a compiled function `place(maps, rows, key, …)`, which puts one more step into
the map of each image, and `settings(use, given, wanted)`, the numbers that it takes behind these,
for images of the size `given` that become `wanted`. Those that bend images have a function
`bend(fields, rows, key, …)`, which adds to the rows and columns, (count, 2, height, width), by
which each place of the result moves, and `settings(use)`. Those that change values have a function
`paint(light, rows, key, …)`, and `settings(use)`: `light` are the images as float32, (count,
channels, height, width), in which black is 0 and white is 1. One that cuts windows of any size has
a function `window(use, key, row)`, which gives that of a picture, by its height and width. Those
that choose others have a function `chosen(use, rows, key, operations)`, which images have which of
so many. All that is random follows from the epoch's key, the image's row and the number of the
draw, so that no line changes what another one draws.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.errors import LenetError
from lenet.dsl.sections.augment import Augment
from lenet.dsl.shapes import Shape
from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.augmentations.draws import bits, by_chance, first_draw
from lenet.runtime.augmentations.sampling import identities, sample, sample_nearest, still

_PLACES = ("view", "shear", "turn", "move", "cut", "mirror")
_CHOSEN = 254  # the number, of those of a word, of the draw that is the key of what it chooses


def augmented(
    pixels: NDArray[Any], rows: NDArray[np.int64], augment: Augment, key: np.uint64,
    white: float = 255.0, places: NDArray[np.int64] | None = None,
) -> NDArray[Any]:  # fmt: skip
    """Copies of pixels[rows], (count, channels, height, width), each changed in its own way. Where
    pixels are not those of all rows, `places` tells where in them each row is.

    What was outside of the image is 0. `key` is the epoch's. What is painted is in units of
    `white`, what is stored for a value of 1. They are not yet mixed with each other: see
    mixtures.py. Bytes stay between 0 and this, floats need not.
    LenetError where colours are to be changed, and there are none.
    """
    channels, given = pixels.shape[1], pixels.shape[2:]
    _check_colours(augment, channels)
    steps = list(_steps(augment, rows, key, pixels.shape[1:]))
    size = augment.size or given
    maps, fields = _moves(steps, rows, given, size)
    changed = np.empty((len(rows), channels, *size), pixels.dtype)
    sample(pixels, rows if places is None else places, maps, fields, changed)
    if not (painted := _of_stage(steps, "paint")):
        return changed
    light = changed / np.float32(white)
    for step in painted:
        step.change(step.module.paint, light, rows, step.module.settings(step.use))
    light *= np.float32(white)
    if pixels.dtype == np.uint8:
        light = np.clip(np.floor(light + np.float32(0.5)), 0, np.float32(white))
    return light.astype(pixels.dtype)


def moved(
    values: NDArray[np.float32], rows: NDArray[np.int64], augment: Augment, key: np.uint64,
    shape: Shape, outside: float,
) -> NDArray[np.float32]:  # fmt: skip
    """Copies of values[rows], (count, height, width), each moved as its image is, which has that
    `shape`: what there is to answer at its places. They are not mixed; beyond them is `outside`."""
    steps = list(_steps(augment, rows, key, shape))
    maps, fields = _moves(steps, rows, shape[1:], shape[1:])
    changed = np.empty((len(rows), *shape[1:]), np.float32)
    sample_nearest(values, rows, maps, fields, outside, changed)
    return changed


def _moves(
    steps: list["_Step"], rows: NDArray[np.int64], given: tuple[int, ...], size: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """The map of each image, from the size `given` to another, and fields, if any bends them."""
    maps = identities(len(rows))
    for step in _of_stage(steps, *_PLACES):
        wanted = size if AUGMENTATIONS[step.use.name].resizes else given
        step.change(step.module.place, maps, rows, step.module.settings(step.use, given, wanted))
        given = wanted
    bent = _of_stage(steps, "bend")
    fields = still(len(rows) if bent else 0, size)
    for step in bent:
        step.change(step.module.bend, fields, rows, step.module.settings(step.use))
    return maps, fields


@dataclass(frozen=True, eq=False)
class _Step:
    """What happens to all images of a slice, or to those that are `drawn`."""

    use: Use
    key: np.uint64
    drawn: NDArray[np.bool_] | None

    @property
    def module(self) -> Any:
        return carried_out(__name__, self.use.name)

    def change(
        self, function: Callable[..., None], things: NDArray[Any], rows: NDArray[np.int64],
        settings: tuple[Any, ...],
    ) -> None:  # fmt: skip
        """Maps, fields or images of these rows."""
        if self.drawn is None:
            function(things, rows, self.key, *settings)
            return
        some = things[self.drawn]
        function(some, rows[self.drawn], self.key, *settings)
        things[self.drawn] = some


def _steps(
    augment: Augment, rows: NDArray[np.int64], key: np.uint64, shape: Shape
) -> Iterator[_Step]:
    """In the order of the lines."""
    for use in augment.uses:
        entry, drawn = AUGMENTATIONS[use.name], by_chance(use, rows, key)
        if entry.operations is None:
            yield _Step(use, key, drawn)
            continue
        operations = entry.operations(use, shape)
        chosen = carried_out(__name__, use.name).chosen(use, rows, key, len(operations))
        own = np.uint64(
            bits(key, 0, first_draw(use.name) + _CHOSEN)
        )  # lines of the same words draw others
        for operation, images in zip(operations, chosen, strict=True):
            if operation is not None:
                yield _Step(operation, own, images if drawn is None else images & drawn)


def _of_stage(steps: list[_Step], *stages: str) -> list[_Step]:
    """What happens in these, stage by stage."""
    return [
        step for stage in stages for step in steps if AUGMENTATIONS[step.use.name].stage == stage
    ]


def _check_colours(augment: Augment, channels: int) -> None:
    """Of a net that takes vectors, only the data can tell."""
    for use in augment.uses:
        if AUGMENTATIONS[use.name].of_colours and channels != 3:
            raise LenetError(
                f"`{use.name}` changes colours, and these images have none",
                f"They have {channels} channels; red, green and blue are three.",
                f"remove the line `{use.name}` of the section `augment`",
            )

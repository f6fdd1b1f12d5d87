"""Images mixed with each other: those that a slice has in a batch, so that whoever trains does it
alike.

A line that mixes is a module of this folder as others are, with a compiled function `mix(mixed,
before, places, partners, rows, key, shares, …)` and `settings(use)`, what it takes behind these. It
makes the images `mixed[places]` of those `before`, (count, channels, height, width), and of their
`partners` there, and writes the share of themselves that they keep into `shares`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.sections.augment import Augment
from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.augmentations.draws import by_chance, first_draw, uniforms

# Numbers, of those of a word, of the draws by which its line is the one that mixes an image, and by
# which images find partners.
_TURN, _PARTNER = 253, 252
_NEVER = 2.0  # what no draw is


@dataclass(frozen=True, eq=False)
class Mixture:
    """Of each of some images: the place of the other one that it is mixed with, its own if with
    none, and the share of itself that it has kept, from 0 to 1."""

    partners: NDArray[np.int64]
    shares: NDArray[np.float32]


def mix(
    images: NDArray[np.generic], rows: NDArray[np.int64], augment: Augment, key: np.uint64
) -> Mixture:
    """Mixes augmented images, (count, channels, height, width), where they are: those of the `rows`
    that a slice has in a batch. An image is mixed with one other, once: where several lines would,
    by that which has drawn the smallest number."""
    count = len(rows)
    found = Mixture(np.arange(count), np.ones(count, np.float32))
    lines = [use for use in augment.uses if AUGMENTATIONS[use.name].stage == "mix"]
    if count < 2 or not lines:
        return found
    turns = np.stack([_turns(use, rows, key) for use in lines])
    before, chosen = images.copy(), turns.argmin(axis=0)
    for number, use in enumerate(lines):
        places = np.flatnonzero((chosen == number) & (turns[number] < _NEVER))
        partners = _partners(use, rows, key)
        module = carried_out(__package__, use.name)
        given = images, before, places, partners, rows, key, found.shares
        module.mix(*given, *module.settings(use))
        found.partners[places] = partners[places]
    return found


def _turns(use: Use, rows: NDArray[np.int64], key: np.uint64) -> NDArray[np.float64]:
    """What a line draws for each image: the smallest number of all lines mixes it."""
    turns = uniforms(key, rows, first_draw(use.name) + _TURN)
    drawn = by_chance(use, rows, key)
    return turns if drawn is None else np.where(drawn, turns, _NEVER)


def _partners(use: Use, rows: NDArray[np.int64], key: np.uint64) -> NDArray[np.int64]:
    """The images one behind the other, by numbers that they draw, in a ring: each has the next one,
    which is never itself."""
    order = np.argsort(uniforms(key, rows, first_draw(use.name) + _PARTNER), kind="stable")
    partners = np.empty(len(rows), np.int64)
    partners[order[:-1]], partners[order[-1]] = order[1:], order[0]
    return partners

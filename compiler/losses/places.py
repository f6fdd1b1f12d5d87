"""The cross-entropy of a class for each place of a map, with the softmax in it: sixteen images at a
time, place by place. A class below 0 is none: such places count nothing."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.compiler.losses.numeric import WEIGH, number
from lenet.dsl.losses import SMOOTH, WEIGHTS
from lenet.dsl.vocabulary import Use

if TYPE_CHECKING:
    from lenet.compiler.losses.code import Floats

_KERNEL = '''@Kernel
def loss(arena, targets, {given}rows, first, count, y, dy, totals):
    """Adds the losses, means over the places of an image; dy is their gradient, 0 without an
    image."""
    zero, one = splat(np.float32(0)), splat(np.float32(1))
    counted = zero
    for place in range({places}):
        for lane in range(count):
            arena[dy + place * 16 + lane] = targets[rows[first + lane], place]
        for lane in range(count, 16):
            arena[dy + place * 16 + lane] = np.float32(-1)
        counted = counted + select_less(load(arena, dy + place * 16), zero, zero, one)
    share = one / maximum(counted, one)
    for place in range({places}):
        target = load(arena, dy + place * 16)
        most = load(arena, y + place * 16)
        for k in range(1, {classes}):
            most = maximum(most, load(arena, y + (k * {places} + place) * 16))
        total, own{sums} = zero, zero{zeros}
        for k in range({classes}):
            value = load(arena, y + (k * {places} + place) * 16)
            total = total + exp(value - most)
            right = maximum(zero, one - absolute(target - splat(np.float32(k))))
            own = own + right * (value - most)
{each}        rest = log(total)
        counts = select_less(target, zero, zero, share){weight}
        lost = counts * ({lost}) + (total - total)  # NaN stays NaN
        store(arena, dy + place * 16, lost)
        for lane in range(count):
            totals[0] += {times}arena[dy + place * 16 + lane]
        for k in range({classes}):
            value = load(arena, y + (k * {places} + place) * 16)
            right = maximum(zero, one - absolute(target - splat(np.float32(k))))
            slope = counts * (exp(value - most) / total - ({wanted}))
            store(arena, dy + (k * {places} + place) * 16, slope)
    for place in range({classes} * {places}):
{weigh}        for lane in range(count, 16):
            arena[dy + place * 16 + lane] = np.float32(0)
'''


def places_kernel(classes: int, places: int, use: Use, weighted: bool) -> str:
    """See LossCode."""
    smooth, weights = use[SMOOTH.name], use[WEIGHTS.name]
    named = {"given": "", "times": "", "weigh": "", "sums": "", "zeros": "", "each": "",
             "weight": ""}  # fmt: skip
    if weighted:
        named |= {"given": "importance, ", "times": "importance[rows[first + lane]] * "}
        named["weigh"] = WEIGH
    named |= {"lost": "rest - own", "wanted": "right"}
    if smooth:
        named["sums"], named["zeros"] = ", every", ", zero"
        named["each"] = "            every = every + (value - most)\n"
        kept, part = number(1 - smooth), number(smooth / classes)
        named["lost"] = f"rest - {kept} * own - {part} * every"
        named["wanted"] = f"{kept} * right + {part}"
    if weights:
        named["sums"] += ", weight"
        named["zeros"] += ", zero"
        named["weight"] = " * weight"
        for k, value in enumerate(weights):
            named["each"] += f"            if k == {k}:\n"
            named["each"] += f"                weight = weight + right * {number(value)}\n"
    return _KERNEL.format(**named, classes=classes, places=places)


def places_values(outputs: "Floats", targets: "Floats", use: Use, classes: int) -> "Floats":
    """See LossCode."""
    scores = outputs.reshape(len(outputs), classes, targets.shape[1])
    scores = scores - scores.max(axis=1, keepdims=True)
    logarithms = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    labels = np.maximum(targets, 0).astype(np.int64)
    own = np.take_along_axis(logarithms, labels[:, None, :], axis=1)[:, 0]
    smooth, weights = use[SMOOTH.name], use[WEIGHTS.name]
    lost = -(1 - smooth) * own - smooth * logarithms.mean(axis=1)
    if weights:
        lost = lost * np.array(weights)[labels]
    counts = targets >= 0
    lost = np.where(counts, lost, 0.0 * own)
    found: Floats = lost.sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    return found

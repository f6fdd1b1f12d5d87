"""hinge: margins of log-probabilities, which are those of scores.

They differ from scores by the same number for all classes, and the gradients add up to 0, so that
what the softmax would add to them is 0 as well.
"""

from lenet.compiler.losses.code import LossCode
from lenet.dsl.vocabulary import Use

_KERNEL = '''@Kernel
def loss(arena, labels, {given}rows, first, count, y, dy, totals):
    """Adds the margins and the hits; dy is their gradient, 0 without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]{weight}
        within = best = 0
        for place in range({classes}):
            other = arena[y + place * 16 + lane]
            margin = np.float32(1) - value + other
            if place != label and not margin <= 0:  # what is no number counts
                totals[0] += {times}margin / {classes}
                arena[dy + place * 16 + lane] = {times}np.float32({share!r})
                within += 1
            if other > arena[y + best * 16 + lane]:
                best = place
        arena[dy + label * 16 + lane] = {times}np.float32(-{share!r}) * np.float32(within)
        if best == label and value == value:
            totals[1] += 1
'''


_MIXED = '''@Kernel
def loss(arena, labels, others, shares, rows, first, count, y, dy, totals):
    """Adds the margins of both labels, each times its share, and the hits; dy is their gradient, 0
    without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        row = rows[first + lane]
        best = 0
        for place in range(1, {classes}):
            if arena[y + place * 16 + lane] > arena[y + best * 16 + lane]:
                best = place
        for turn in range(2):
            label = others[row] if turn else labels[row]
            weight, value = shares[row, turn], arena[y + label * 16 + lane]
            within = 0
            for place in range({classes}):
                margin = np.float32(1) - value + arena[y + place * 16 + lane]
                if place != label and not margin <= 0:  # what is no number counts
                    totals[0] += weight * margin / {classes}
                    arena[dy + place * 16 + lane] += weight * np.float32({share!r})
                    within += 1
            arena[dy + label * 16 + lane] -= weight * np.float32({share!r}) * np.float32(within)
            if turn == 0 and best == label and value == value:
                totals[1] += 1
'''
_WEIGHT = "\n        weight = importance[rows[first + lane]]"


def _kernel(classes: int, use: Use, weighted: bool) -> str:
    weights = ("importance, ", _WEIGHT, "weight * ") if weighted else ("", "", "")
    named = dict(zip(("given", "weight", "times"), weights, strict=True))
    return _KERNEL.format(classes=classes, share=1 / classes, **named)


def _mixed(classes: int, use: Use) -> str:
    return _MIXED.format(classes=classes, share=1 / classes)


CODE = LossCode(_kernel, end=("logsoftmax", {}), mixed=_mixed)

"""The negative log-likelihood, which several losses are once they have log-probabilities."""

from lenet.dsl.losses import SMOOTH
from lenet.dsl.vocabulary import Use

_KERNEL = '''@Kernel
def loss(arena, labels, {given}rows, first, count, y, dy, totals):
    """Adds the negative log-likelihood and the hits; dy is its gradient, 0 without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]{share}
        totals[0] -= {times}value
        arena[dy + label * 16 + lane] = {minus_one}
        best = 0
        for place in range(1, {classes}):
            if arena[y + place * 16 + lane] > arena[y + best * 16 + lane]:
                best = place
        if best == label and value == value:
            totals[1] += 1
'''


_SMOOTHED = '''@Kernel
def loss(arena, labels, {given}rows, first, count, y, dy, totals):
    """Adds the smoothed negative log-likelihood and the hits; dy is its gradient, 0 without an
    image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32({every})
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]{share}
        totals[0] -= {times}np.float32({kept!r}) * value
        arena[dy + label * 16 + lane] = {right}
        best = 0
        for place in range({classes}):
            other = arena[y + place * 16 + lane]
            totals[0] -= {times}np.float32({part!r}) * other{spread}
            if other > arena[y + best * 16 + lane]:
                best = place
        if best == label and value == value:
            totals[1] += 1
'''
_MIXED = '''@Kernel
def loss(arena, labels, others, shares, rows, first, count, y, dy, totals):
    """Adds the negative log-likelihood of both labels, each times its share, and the hits; dy is
    its gradient, 0 without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        row = rows[first + lane]
        label, other = labels[row], others[row]
        share, rest = shares[row, 0], shares[row, 1]{parts}
        value = arena[y + label * 16 + lane]
        totals[0] -= share * value + rest * arena[y + other * 16 + lane]
        best = 0
        for place in range({classes}):
            if arena[y + place * 16 + lane] > arena[y + best * 16 + lane]:
                best = place{spread}
        arena[dy + label * 16 + lane] -= share
        arena[dy + other * 16 + lane] -= rest
        if best == label and value == value:
            totals[1] += 1
'''
_PARTS = """
        every = np.float32({part!r}) * (share + rest)
        share, rest = np.float32({kept!r}) * share, np.float32({kept!r}) * rest"""
_EVERY = """
            totals[0] -= every * arena[y + place * 16 + lane]
            arena[dy + place * 16 + lane] = -every"""
_SHARE = "\n        share = importance[rows[first + lane]]"
_SPREAD = """
            if place != label:
                arena[dy + place * 16 + lane] = np.float32(-{part!r}) * share"""


def likelihood_kernel(classes: int, use: Use, weighted: bool) -> str:
    """See LossCode."""
    smooth = dict(use.values).get(SMOOTH.name, 0.0)
    named = {"classes": classes, "given": "", "share": "", "times": ""}
    if weighted:
        named |= {"given": "importance, ", "share": _SHARE, "times": "share * "}
    if not smooth:
        return _KERNEL.format(**named, minus_one="-share" if weighted else "np.float32(-1)")
    kept, part = 1 - smooth, smooth / classes
    right = f"np.float32(-{kept!r} - {part!r})"
    every, spread = f"-{part!r} if lane < count else 0", ""
    if weighted:
        right, every, spread = f"{right} * share", "0", _SPREAD.format(part=part)
    return _SMOOTHED.format(**named, kept=kept, part=part, right=right, every=every, spread=spread)


def mixed_likelihood_kernel(classes: int, use: Use) -> str:
    """See LossCode."""
    smooth = dict(use.values).get(SMOOTH.name, 0.0)
    if not smooth:
        return _MIXED.format(classes=classes, parts="", spread="")
    parts = _PARTS.format(kept=1 - smooth, part=smooth / classes)
    return _MIXED.format(classes=classes, parts=parts, spread=_EVERY)

"""The negative log-likelihood, which several losses are once they have log-probabilities."""

from lenet.dsl.losses import SMOOTH
from lenet.dsl.vocabulary import Use

_KERNEL = '''@Kernel
def loss(arena, labels, rows, first, count, y, dy, totals):
    """Adds the negative log-likelihood and the hits; dy is its gradient, 0 without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]
        totals[0] -= value
        arena[dy + label * 16 + lane] = np.float32(-1)
        best = 0
        for place in range(1, {classes}):
            if arena[y + place * 16 + lane] > arena[y + best * 16 + lane]:
                best = place
        if best == label and value == value:
            totals[1] += 1
'''


_SMOOTHED = '''@Kernel
def loss(arena, labels, rows, first, count, y, dy, totals):
    """Adds the smoothed negative log-likelihood and the hits; dy is its gradient, 0 without an
    image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(-{share!r} if lane < count else 0)
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]
        totals[0] -= np.float32({kept!r}) * value
        arena[dy + label * 16 + lane] = np.float32(-{kept!r} - {share!r})
        best = 0
        for place in range({classes}):
            other = arena[y + place * 16 + lane]
            totals[0] -= np.float32({share!r}) * other
            if other > arena[y + best * 16 + lane]:
                best = place
        if best == label and value == value:
            totals[1] += 1
'''


def likelihood_kernel(classes: int, use: Use) -> str:
    """See LossCode."""
    smooth = dict(use.values).get(SMOOTH.name, 0.0)
    if smooth:
        return _SMOOTHED.format(classes=classes, kept=1 - smooth, share=smooth / classes)
    return _KERNEL.format(classes=classes)

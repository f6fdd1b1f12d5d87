"""autocontrast: all values between the least and the largest one of their channel."""

from typing import Any

from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use


def settings(use: Use) -> tuple[Any, ...]:
    """What `paint` takes."""
    return ()


@kept
@njit(nogil=True)
def paint(light, rows, key):
    """See the package."""
    for k in range(rows.size):
        for channel in range(light.shape[1]):
            _stretch(light[k, channel])


@kept
@njit(nogil=True)
def _stretch(plane):
    # Column by column, which vectors do at once.
    low, high = plane[0].copy(), plane[0].copy()
    for r in range(1, plane.shape[0]):
        for c in range(plane.shape[1]):
            value = plane[r, c]
            low[c] = value if value < low[c] else low[c]
            high[c] = value if value > high[c] else high[c]
    least, most = low.min(), high.max()
    if least < most:
        for r in range(plane.shape[0]):
            for c in range(plane.shape[1]):
                plane[r, c] = (plane[r, c] - least) / (most - least)

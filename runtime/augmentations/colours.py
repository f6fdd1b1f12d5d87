"""What augmentations of values know of colours: red, green and blue in this order."""

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept


@kept
@njit(nogil=True)
def brightness_of(image):
    """Of each pixel of (channels, height, width): of three channels by ITU-R BT.601, as in
    torchvision; else their mean."""
    channels = image.shape[0]
    if channels == 3:
        red, green, blue = np.float32(0.299), np.float32(0.587), np.float32(0.114)
        return red * image[0] + green * image[1] + blue * image[2]
    total = image[0].copy()
    for channel in range(1, channels):
        total += image[channel]
    return total / np.float32(channels)


@kept
@njit(nogil=True)
def turn_hue(image, turn):
    """Each pixel of (3, height, width) gets another hue, by a part of a circle; the largest and the
    smallest of its three values stay (A. R. Smith 1978, Color gamut transform pairs)."""
    for r in range(image.shape[1]):
        for c in range(image.shape[2]):
            red, green, blue = image[0, r, c], image[1, r, c], image[2, r, c]
            most, least = max(red, green, blue), min(red, green, blue)
            chroma = np.float64(most) - least
            if chroma <= 0:
                continue
            # In sixths of a circle that begins with red.
            if most == red:
                hue = (green - blue) / chroma
            elif most == green:
                hue = (blue - red) / chroma + 2
            else:
                hue = (red - green) / chroma + 4
            hue += 6 * turn
            for channel in range(3):
                away = hue + 5 - 2 * channel
                away -= 6 * np.floor(away / 6)
                part = max(0.0, min(away, 4 - away, 1.0))
                image[channel, r, c] = most - chroma * part

"""Normalization by a mean and a variance, which kernels, training and folding have in common.

y = (x - mean) * scale / sqrt(variance + epsilon) + shift (Ioffe and Szegedy 2015, algorithm 1).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def deviation(variance: Doubles, epsilon: float) -> Doubles:
    """What values are divided by, for each channel."""
    return np.sqrt(variance + epsilon)


def inverse_source(variance: str, epsilon: float) -> str:
    """An expression of one over the deviation, float32, from one of the variance."""
    return f"np.float32(1) / np.sqrt({variance} + np.float32({epsilon!r}))"


def fold(
    weight: NDArray[Any], outputs: tuple[int, int, int], bias: NDArray[Any] | int,
    tensors: Mapping[str, NDArray[Any]], epsilon: float,
) -> tuple[Doubles, Doubles]:  # fmt: skip
    """The weights and the bias of a layer that does what a normalization behind it did.

    (x W + b - mean) * factor + shift, where factor = scale / deviation, is
    x (W * factor) + ((b - mean) * factor + shift). `tensors` are the normalization's by their
    names; `weight` is flat, as in memory, where `outputs` are the values before, along and behind
    the axis of the outputs.
    """
    scale, shift, mean, variance = (
        tensors[name].astype(np.float64) for name in ("scale", "shift", "mean", "variance")
    )
    factor = scale / deviation(variance, epsilon)
    return (weight.reshape(outputs) * factor[:, None]).ravel(), (bias - mean) * factor + shift

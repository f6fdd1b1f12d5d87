"""Layers of int8 weights: the scales of their tensors, and what their kernels take.

A value x stands for the whole number q of 0 to 255 with x = scale * (q - zero), a weight for one of
-127 to 127 with w = scale * q, where each output has a scale of its own. So a layer's sum is that
of products of whole numbers, times both scales (Jacob et al. 2018, section 2).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.kernels.shared.words import BYTES, Words, words_of
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Node

STEPS = 255  # from the least value to the largest
MOST = 127  # of a weight: -128 is left out, so that they are symmetric
_BIAS = 2**30  # a sum has as much room for its products
LEAST, LARGEST = 1e-18, 1e18  # of a scale: products of two are floats of full precision
_TINY = 1e-12  # the least that is made: that of weights that are all 0


@dataclass(frozen=True, eq=False)
class Quantized:
    """Of a layer: the `scale` of its input and the number that stands for 0, and the scale of each
    output's `weights` (outputs,), float32."""

    scale: float
    zero: int
    weights: NDArray[np.float32]

    @property
    def sums(self) -> NDArray[np.float32]:
        """The scale of each output's sum."""
        return self.weights * np.float32(self.scale)

    def numbers(self, weight: NDArray[Any]) -> NDArray[np.int8]:
        """The whole numbers of weights (outputs, …)."""
        scales = self.weights.astype(np.float64).reshape(-1, *[1] * (weight.ndim - 1))
        return np.clip(np.rint(weight / scales), -MOST, MOST).astype(np.int8)

    def values(self, numbers: NDArray[np.int8]) -> NDArray[np.float32]:
        """The weights that such numbers stand for."""
        scales = self.weights.reshape(-1, *[1] * (numbers.ndim - 1))
        return numbers.astype(np.float32) * scales

    def bias(self, values: NDArray[Any]) -> NDArray[np.int32]:
        """A bias in the units of the sums."""
        return np.clip(np.rint(values / self.sums.astype(np.float64)), -_BIAS, _BIAS).astype(
            np.int32
        )


@dataclass(frozen=True, eq=False)
class Integers:
    """A layer in whole numbers, with the normalizations behind it, which its weight and bias do the
    work of: `weight` int8 as it is saved, `bias` int32 in the units of its sums; `folded` names
    them."""

    layer: Quantized
    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    folded: tuple[str, ...]


def input_of(least: float, largest: float) -> tuple[float, int]:
    """The scale and the zero of an input with such least and largest values, 0 between them."""
    scale = float(np.float32(np.clip((largest - least) / STEPS, _TINY, LARGEST)))
    return scale, int(np.clip(np.rint(-least / scale), 0, STEPS))


def scales_of(weight: NDArray[Any], bias: NDArray[Any], scale: float) -> NDArray[np.float32]:
    """The scale of each output's weights (outputs, …), of which the largest becomes 127; it is
    larger where a bias is beyond all measure for an input of this scale."""
    largest = np.abs(weight.reshape(len(weight), -1)).max(axis=1).astype(np.float64)
    least = np.maximum(2 * np.abs(bias) / (scale * _BIAS), _TINY)
    return np.clip(largest / MOST, least, LARGEST).astype(np.float32)


def packed(
    node: Node, layer: Quantized, weight: NDArray[Any], bias: NDArray[Any]
) -> dict[str, NDArray[np.float32]]:
    """The tensors of a node that computes of bytes, by their names, as they lie in memory: bits of
    integers or floats. LenetError where a value is no finite number."""
    if not np.isfinite(weight).all() or not np.isfinite(bias).all():
        raise LenetError(f"the weights of {node.name} are not all finite numbers")
    numbers = layer.numbers(weight)
    total = numbers.reshape(len(numbers), -1).sum(axis=1, dtype=np.int64)
    # Within 32 bits, as the layer has no more products than words.MOST.
    start = (layer.bias(bias) - layer.zero * total).astype(np.int32)
    least, largest = -layer.zero, STEPS - layer.zero
    settings = np.array([1 / layer.scale, least, largest, 0], np.float32)
    settings[3:].view(np.int32)[0] = layer.zero
    return {
        "weight": packed_words(words_of(node), numbers).view(np.float32),
        "bias": start.view(np.float32),
        "scale": layer.sums,
        "input": settings,
    }


def packed_words(words: Words, weights: NDArray[np.int8]) -> NDArray[np.int32]:
    """Weights (outputs, inputs, height, width) as words, [group][row][tap][output] in a row."""
    given = weights.reshape(words.outputs, words.inputs, words.height, words.width)
    axis = 3 if words.across else 1
    missing = -given.shape[axis] % BYTES
    given = np.pad(given, [(0, missing if k == axis else 0) for k in range(4)])
    if words.across:
        split = given.reshape(words.outputs, words.groups, words.height, words.taps, BYTES)
        split = split.transpose(1, 2, 3, 0, 4)
    else:
        split = given.reshape(words.outputs, words.groups, BYTES, words.height, words.width)
        split = split.transpose(1, 3, 4, 0, 2)
    return np.ascontiguousarray(split).reshape(-1).view("<i4").astype(np.int32)

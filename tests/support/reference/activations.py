"""Activations in float64: each a function and its derivative, both of the input."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
Attributes = dict[str, Any]
_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, -x))


def _leakyrelu(x: Array, a: Attributes) -> tuple[Array, Array]:
    slope = a.get("slope", 0.01)
    return np.where(x > 0, x, slope * x), np.where(x > 0, 1.0, slope)


def _elu(x: Array, a: Attributes) -> tuple[Array, Array]:
    alpha = a.get("alpha", 1.0)
    low = np.minimum(x, 0)
    return np.where(x > 0, x, alpha * np.expm1(low)), np.where(x > 0, 1.0, alpha * np.exp(low))


def _selu(x: Array, a: Attributes) -> tuple[Array, Array]:
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    y, slope = _elu(x, {"alpha": alpha})
    return scale * y, scale * slope


def _gelu(x: Array, a: Attributes) -> tuple[Array, Array]:
    if a.get("tanh"):
        root = math.sqrt(2 / math.pi)
        t = np.tanh(root * (x + 0.044715 * x**3))
        inner = root * (1 + 3 * 0.044715 * x**2)
        return 0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner
    below = 0.5 * (1 + _erf(x / math.sqrt(2)))
    return x * below, below + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _silu(x: Array, a: Attributes) -> tuple[Array, Array]:
    s = _sigmoid(x)
    return x * s, s + x * s * (1 - s)


def _mish(x: Array, a: Attributes) -> tuple[Array, Array]:
    t = np.tanh(np.logaddexp(0.0, x))
    return x * t, t + x * (1 - t**2) * _sigmoid(x)


def _softplus(x: Array, a: Attributes) -> tuple[Array, Array]:
    return np.logaddexp(0.0, x), _sigmoid(x)


def _hardtanh(x: Array, a: Attributes) -> tuple[Array, Array]:
    low, high = a.get("low", -1.0), a.get("high", 1.0)
    return np.clip(x, low, high), 1.0 * ((x > low) & (x < high))


def _relu6(x: Array, a: Attributes) -> tuple[Array, Array]:
    return np.clip(x, 0.0, 6.0), 1.0 * ((x > 0) & (x < 6))


def _hardsigmoid(x: Array, a: Attributes) -> tuple[Array, Array]:
    return np.clip(x + 3, 0.0, 6.0) / 6, ((x > -3) & (x < 3)) / 6


def _hardswish(x: Array, a: Attributes) -> tuple[Array, Array]:
    y, slope = _hardsigmoid(x, a)
    return x * y, y + x * slope


FUNCTIONS: dict[str, Callable[[Array, Attributes], tuple[Array, Array]]] = {
    "leakyrelu": _leakyrelu,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "softplus": _softplus,
    "hardtanh": _hardtanh,
    "relu6": _relu6,
    "hardsigmoid": _hardsigmoid,
    "hardswish": _hardswish,
}

"""Activations that are x times a function of x, and their slopes."""

import numpy as np

from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.math import erf, exp, sigmoid
from lenet.compiler.simd.vector import fma, maximum, minimum, splat

_SQRT_HALF = np.float32(0.7071067811865476)
_ROOT = np.float32(0.7978845608028654)  # sqrt(2 / pi)
_CUBE = np.float32(0.044715)
_DENSITY = np.float32(0.3989422804014327)  # 1 / sqrt(2 pi)


@linked
def _below(x):
    """The part of a normal distribution that is below x."""
    half = splat(np.float32(0.5))
    return fma(half, erf(splat(_SQRT_HALF) * x), half)


@linked
def gelu(x):
    """x P(x), where P is the normal distribution (Hendrycks and Gimpel 2016)."""
    return x * _below(x)


@linked
def gelu_slope(x):
    """P(x) + x P'(x), where P' is the normal density."""
    density = splat(_DENSITY) * exp(splat(np.float32(-0.5)) * x * x)
    return fma(x, density, _below(x))


@linked
def _nearly_below(x):
    """Twice the argument of tanh in the approximation of P, which is a sigmoid of it."""
    cube = fma(splat(_CUBE) * x, x, splat(np.float32(1)))
    return splat(np.float32(2) * _ROOT) * x * cube


@linked
def gelu_tanh(x):
    """x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x³)."""
    return x * sigmoid(_nearly_below(x))


@linked
def gelu_tanh_slope(x):
    """s + x s (1 - s) 2 u', where s = sigmoid(2 u) = (1 + tanh(u)) / 2."""
    x = maximum(splat(np.float32(-10)), minimum(splat(np.float32(10)), x))  # beyond, 0 and 1
    s = sigmoid(_nearly_below(x))
    one = splat(np.float32(1))
    inner = splat(np.float32(2) * _ROOT) * fma(splat(np.float32(3) * _CUBE) * x, x, one)
    return fma(x * s, (one - s) * inner, s)


@linked
def silu_slope(x):
    """s (1 + x (1 - s)) with s = sigmoid(x)."""
    s, one = sigmoid(x), splat(np.float32(1))
    return s * fma(x, one - s, one)


@linked
def mish(x):
    """x tanh(log(1 + e)) = x n / (n + 2), with e = exp(x) and n = e (e + 2) (Misra 2020)."""
    two = splat(np.float32(2))
    e = exp(minimum(splat(np.float32(20)), x))
    n = e * (e + two)
    return x * (n / (n + two))


@linked
def mish_slope(x):
    """n / (n + 2) + 4 x e (1 + e) / (n + 2)²; from 20 on it is 1."""
    one, two = splat(np.float32(1)), splat(np.float32(2))
    z = minimum(splat(np.float32(20)), x)
    e = exp(z)
    n = e * (e + two)
    part = one / (n + two)
    return part * fma(splat(np.float32(4)) * z, e * (one + e) * part, n)

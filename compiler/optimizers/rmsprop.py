"""rmsprop: Hinton 2012, as in PyTorch, centered or not. The states are the running mean of squared
gradients, and where they are needed, the running mean of gradients and the last step."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, alpha, 1 - alpha, epsilon and the weight decay; where there is a
    momentum, or the mean is subtracted, these, too."""
    options = (optimizer[name] for name in ("alpha", "epsilon", "weight_decay", "momentum"))
    alpha, epsilon, decay, momentum = (np.float32(value) for value in options)
    centered = np.float32(optimizer["centered"])
    rest = np.float32(1) - alpha

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return rate, alpha, rest, epsilon, decay, momentum, centered

    if not (momentum or centered):
        return Rule(rmsprop, 1, lambda rate, number: settings(rate, number)[:5])
    return Rule(rmsprop_with_momentum, 3, settings)


def _plain(
    b: ir.IRBuilder, g: Any, w: Any, s: Any, rate: Any, alpha: Any, rest: Any, epsilon: Any,
    decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; s = alpha * s + rest * g * g; w -= rate * (g / (sqrt(s) + epsilon))"""
    g = b.fadd(g, b.fmul(decay, w))
    s = b.fadd(b.fmul(alpha, s), b.fmul(b.fmul(rest, g), g))
    root = square_root(b, s)
    return [b.fsub(w, b.fmul(rate, b.fdiv(g, b.fadd(root, epsilon)))), s]


def _with_momentum(
    b: ir.IRBuilder, g: Any, w: Any, s: Any, m: Any, v: Any, rate: Any, alpha: Any, rest: Any,
    epsilon: Any, decay: Any, momentum: Any, centered: Any,
) -> list[Any]:  # fmt: skip
    """m = alpha * m + rest * g; d = sqrt(s - centered * m * m) + epsilon;
    v = momentum * v + g / d; w -= rate * v"""
    g = b.fadd(g, b.fmul(decay, w))
    s = b.fadd(b.fmul(alpha, s), b.fmul(b.fmul(rest, g), g))
    m = b.fadd(b.fmul(alpha, m), b.fmul(rest, g))
    variance = b.fsub(s, b.fmul(centered, b.fmul(m, m)))
    # Rounding may leave less than nothing of it.
    zero = ir.Constant(variance.type, None)
    variance = b.select(b.fcmp_ordered(">", variance, zero), variance, zero)
    root = square_root(b, variance)
    v = b.fadd(b.fmul(momentum, v), b.fdiv(g, b.fadd(root, epsilon)))
    return [b.fsub(w, b.fmul(rate, v)), s, m, v]


_update_plainly = updating(_plain, states=1, settings=5)
_update_with_momentum = updating(_with_momentum, states=3, settings=7)


@Entry
def rmsprop(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of RMSProp."""
    return _update_plainly(
        gradients, rows, parts, owners, first, last, factor, weights, states, settings
    )


@Entry
def rmsprop_with_momentum(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of RMSProp with momentum, centered or not."""
    return _update_with_momentum(
        gradients, rows, parts, owners, first, last, factor, weights, states, settings
    )

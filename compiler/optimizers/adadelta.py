"""adadelta: Zeiler 2012, as in PyTorch. The states are the running means of squared
gradients and of squared steps."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, rho, 1 - rho, epsilon and the weight decay."""
    rho, epsilon, decay = (
        np.float32(optimizer[name]) for name in ("rho", "epsilon", "weight_decay")
    )

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return rate, rho, np.float32(1) - rho, epsilon, decay

    return Rule(adadelta, 2, settings)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, s: Any, d: Any, rate: Any, rho: Any, rest: Any, epsilon: Any,
    decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; s = rho * s + rest * g * g; step = sqrt(d + epsilon) / sqrt(s + epsilon) * g;
    d = rho * d + rest * step * step; w -= rate * step"""
    g = b.fadd(g, b.fmul(decay, w))
    s = b.fadd(b.fmul(rho, s), b.fmul(b.fmul(rest, g), g))
    roots = (square_root(b, b.fadd(mean, epsilon)) for mean in (d, s))
    step = b.fmul(b.fdiv(*roots), g)
    d = b.fadd(b.fmul(rho, d), b.fmul(b.fmul(rest, step), step))
    return [b.fsub(w, b.fmul(rate, step)), s, d]


_update = updating(_step, states=2, settings=5)


@Entry
def adadelta(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of Adadelta."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

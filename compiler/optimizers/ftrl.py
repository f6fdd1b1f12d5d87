"""ftrl: McMahan et al. 2013, algorithm 1. The states are z, times the rate, and n, the sum of
squared gradients.

Times the rate, z stands for the same weights whatever the rate is: where lambda1 and lambda2 are 0,
each step is one of gradient descent at rate / (beta + sqrt(n)). The first step takes beta as part
of what pulls to the weights that there are. The paper's pulls to 0, where its weights begin.
"""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, beta, what it was in the step before, lambda1 and lambda2 times
    the rate, and the weight decay."""
    options = (optimizer[name] for name in ("beta", "lambda1", "lambda2", "weight_decay"))
    beta, lambda1, lambda2, decay = (np.float32(value) for value in options)

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        alpha, before = np.float32(rate), beta if number > 1 else 0.0
        return alpha, beta, before, alpha * lambda1, alpha * lambda2, decay

    return Rule(ftrl, 2, settings)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, z: Any, n: Any, rate: Any, beta: Any, before: Any,
    bound: Any, ridge: Any, decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; old = before + sqrt(n); n += g * g; q = beta + sqrt(n);
    z += rate * g - (q - old) * w; w = (clip(z, -bound, bound) - z) / (q + ridge)"""
    g = b.fadd(g, b.fmul(decay, w))
    old = b.fadd(before, square_root(b, n))
    n = b.fadd(n, b.fmul(g, g))
    q = b.fadd(beta, square_root(b, n))
    z = b.fadd(z, b.fsub(b.fmul(rate, g), b.fmul(b.fsub(q, old), w)))
    least = b.fsub(ir.Constant(bound.type, None), bound)
    clipped = b.select(b.fcmp_ordered("<", z, least), least, z)
    clipped = b.select(b.fcmp_ordered(">", z, bound), bound, clipped)
    return [b.fdiv(b.fsub(clipped, z), b.fadd(q, ridge)), z, n]


_update = updating(_step, states=2, settings=6)


@Entry
def ftrl(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of FTRL-Proximal."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

"""adamax: Kingma and Ba 2015, section 7.1, as in PyTorch. The states are the running mean of the
gradient and its largest size, of which the old fades."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, power, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import call
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, beta1, 1 - beta1, 1 - beta1^t for step t, beta2, epsilon and the
    weight decay."""
    options = (optimizer[name] for name in ("beta1", "beta2", "epsilon", "weight_decay"))
    beta1, beta2, epsilon, decay = (np.float32(value) for value in options)

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        correction = 1.0 - power(float(beta1), number)
        return rate, beta1, np.float32(1) - beta1, correction, beta2, epsilon, decay

    return Rule(adamax, 2, settings)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, u: Any, rate: Any, beta1: Any, rest1: Any,
    correction: Any, beta2: Any, epsilon: Any, decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; m = beta1 * m + rest1 * g; u = max(beta2 * u, |g| + epsilon);
    w -= rate * (m / correction / u)"""
    g = b.fadd(g, b.fmul(decay, w))
    m = b.fadd(b.fmul(beta1, m), b.fmul(rest1, g))
    old, new = b.fmul(beta2, u), call(b, f"llvm.fabs.v{g.type.count}f32", g)
    new = b.fadd(new, epsilon)
    u = b.select(b.fcmp_ordered(">", old, new), old, new)
    return [b.fsub(w, b.fmul(rate, b.fdiv(b.fdiv(m, correction), u))), m, u]


_update = updating(_step, states=2, settings=7)


@Entry
def adamax(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of AdaMax."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

"""lion: Chen et al. 2023. The state is the running mean of the gradient."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import constant
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, beta1, 1 - beta1, beta2, 1 - beta2 and the weight decay."""
    beta1, beta2 = (np.float32(optimizer[name]) for name in ("beta1", "beta2"))
    one, decay = np.float32(1), optimizer["weight_decay"]

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return rate, beta1, one - beta1, beta2, one - beta2, decay

    return Rule(lion, 1, settings)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, rate: Any, beta1: Any, rest1: Any, beta2: Any,
    rest2: Any, decay: Any,
) -> list[Any]:  # fmt: skip
    """w -= rate * (sign(beta1 * m + rest1 * g) + decay * w); m = beta2 * m + rest2 * g"""
    mixed = b.fadd(b.fmul(beta1, m), b.fmul(rest1, g))
    up, zero, down = (constant(value, g.type.count) for value in (1, 0, -1))
    sign = b.select(b.fcmp_ordered("<", mixed, zero), down, zero)
    sign = b.select(b.fcmp_ordered(">", mixed, zero), up, sign)
    m = b.fadd(b.fmul(beta2, m), b.fmul(rest2, g))
    return [b.fsub(w, b.fmul(rate, b.fadd(sign, b.fmul(decay, w)))), m]


_update = updating(_step, states=1, settings=6)


@Entry
def lion(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of Lion."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

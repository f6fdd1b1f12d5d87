"""adam: Kingma and Ba 2015, with the decoupled weight decay of Loshchilov and Hutter 2019, as in
PyTorch's AdamW. The states are the running means of the gradient and of its square."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, power, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import call
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, beta1, 1 - beta1, beta2, 1 - beta2, 1 - beta1^t and 1 - beta2^t
    for step t, epsilon and the weight decay."""
    options = (optimizer[name] for name in ("beta1", "beta2", "epsilon", "weight_decay"))
    beta1, beta2, epsilon, decay = (np.float32(value) for value in options)
    one = np.float32(1)

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        corrections = (1.0 - power(float(beta), number) for beta in (beta1, beta2))
        return (rate, beta1, one - beta1, beta2, one - beta2, *corrections, epsilon, decay)

    return Rule(adam, 2, settings)


def _moments(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, v: Any, rate: Any, beta1: Any, rest1: Any, beta2: Any,
    rest2: Any, correction1: Any, correction2: Any, epsilon: Any, decay: Any,
) -> list[Any]:  # fmt: skip
    """m = beta1 * m + rest1 * g; v = beta2 * v + rest2 * g * g;
    w -= rate * (m / correction1 / (sqrt(v / correction2) + epsilon) + decay * w)"""
    m = b.fadd(b.fmul(beta1, m), b.fmul(rest1, g))
    v = b.fadd(b.fmul(beta2, v), b.fmul(b.fmul(rest2, g), g))
    root = call(b, f"llvm.sqrt.v{g.type.count}f32", b.fdiv(v, correction2))
    move = b.fdiv(b.fdiv(m, correction1), b.fadd(root, epsilon))
    return [b.fsub(w, b.fmul(rate, b.fadd(move, b.fmul(decay, w)))), m, v]


_update = updating(_moments, states=2, settings=9)


@Entry
def adam(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of Adam."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

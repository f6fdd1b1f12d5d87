"""adam: Kingma and Ba 2015, as in PyTorch. The states are the running means of the gradient and of
its square."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, power, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """The weight decay is added to the gradient."""
    return rule_with(optimizer, added=optimizer["weight_decay"])


def rule_with(optimizer: Use, added: float = 0.0, decoupled: float = 0.0) -> Rule:
    """Adam with weight decay of both kinds. Its settings are the rate, beta1, 1 - beta1, beta2,
    1 - beta2, 1 - beta1^t and 1 - beta2^t for step t, epsilon and what is added and decoupled."""
    options = (optimizer[name] for name in ("beta1", "beta2", "epsilon"))
    beta1, beta2, epsilon = (np.float32(value) for value in options)
    one = np.float32(1)

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        corrections = (1.0 - power(float(beta), number) for beta in (beta1, beta2))
        betas = (beta1, one - beta1, beta2, one - beta2)
        return (rate, *betas, *corrections, epsilon, added, decoupled)

    return Rule(adam, 2, settings)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, v: Any, rate: Any, beta1: Any, rest1: Any, beta2: Any,
    rest2: Any, correction1: Any, correction2: Any, epsilon: Any, added: Any, decoupled: Any,
) -> list[Any]:  # fmt: skip
    """g += added * w; m and v as in moments();
    w -= rate * (m / correction1 / (sqrt(v / correction2) + epsilon) + decoupled * w)"""
    g = b.fadd(g, b.fmul(added, w))
    m, v = moments(b, g, m, v, beta1, rest1, beta2, rest2)
    root = square_root(b, b.fdiv(v, correction2))
    move = b.fdiv(b.fdiv(m, correction1), b.fadd(root, epsilon))
    return [b.fsub(w, b.fmul(rate, b.fadd(move, b.fmul(decoupled, w)))), m, v]


def moments(
    b: ir.IRBuilder, g: Any, m: Any, v: Any, beta1: Any, rest1: Any, beta2: Any, rest2: Any
) -> tuple[Any, Any]:
    """m = beta1 * m + rest1 * g; v = beta2 * v + rest2 * g * g"""
    m = b.fadd(b.fmul(beta1, m), b.fmul(rest1, g))
    return m, b.fadd(b.fmul(beta2, v), b.fmul(b.fmul(rest2, g), g))


_update = updating(_step, states=2, settings=10)


@Entry
def adam(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of Adam."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

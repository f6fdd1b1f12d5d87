"""radam: Liu et al. 2020, as in PyTorch. The states are the running means of the gradient and of
its square."""

import math
from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.adam import moments
from lenet.compiler.optimizers.rule import Rule, power, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import constant, square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, beta1, 1 - beta1, beta2, 1 - beta2, what the mean gradient is
    multiplied by, whether it is divided by the root, epsilon and the weight decay."""
    options = (optimizer[name] for name in ("beta1", "beta2", "epsilon", "weight_decay"))
    beta1, beta2, epsilon, decay = (np.float32(value) for value in options)
    one = np.float32(1)
    # What is below 1 may not be any more in float32.
    beta1, beta2 = (min(beta, np.nextafter(one, np.float32(0))) for beta in (beta1, beta2))

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        scale, divided = _scale(float(beta1), float(beta2), number)
        betas = (beta1, one - beta1, beta2, one - beta2)
        return (rate, *betas, scale, float(divided), epsilon, decay)

    return Rule(radam, 2, settings)


def _scale(beta1: float, beta2: float, number: int) -> tuple[float, bool]:
    """What the mean gradient is multiplied by, and whether it is divided by the root: a and r are
    those of the entry's formula."""
    left = power(beta2, number)
    a = 2 / (1 - beta2) - 1
    r = a - 2 * number * left / (1 - left)
    scale = 1 / (1 - power(beta1, number))
    if r <= 5:
        return scale, False
    rectified = (r - 4) * (r - 2) * a / ((a - 4) * (a - 2) * r)
    return scale * math.sqrt(rectified * (1 - left)), True


def _step(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, v: Any, rate: Any, beta1: Any, rest1: Any, beta2: Any,
    rest2: Any, scale: Any, divided: Any, epsilon: Any, decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; m and v as in moments();
    w -= rate * (scale * m / (sqrt(v) + epsilon if divided else 1))"""
    g = b.fadd(g, b.fmul(decay, w))
    m, v = moments(b, g, m, v, beta1, rest1, beta2, rest2)
    divided = b.fcmp_ordered("!=", divided, ir.Constant(divided.type, None))
    root = b.fadd(square_root(b, v), epsilon)
    root = b.select(divided, root, constant(1, g.type.count))
    return [b.fsub(w, b.fmul(rate, b.fdiv(b.fmul(scale, m), root))), m, v]


_update = updating(_step, states=2, settings=9)


@Entry
def radam(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of RAdam."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

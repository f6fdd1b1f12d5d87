"""nadam: Dozat 2016, as in PyTorch. The states are the running means of the gradient and of its
square."""

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.adam import moments
from lenet.compiler.optimizers.rule import Rule, power, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, beta1, 1 - beta1, beta2, 1 - beta2, the parts of the gradient and
    of its mean in the step, 1 - beta2^t for step t, epsilon and the weight decay."""
    options = (optimizer[name] for name in ("beta1", "beta2", "epsilon", "weight_decay"))
    beta1, beta2, epsilon, decay = (np.float32(value) for value in options)
    one, fading = np.float32(1), _fading(float(np.float32(optimizer["momentum_decay"])))

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        parts = _parts(float(beta1), fading, number)
        correction = 1.0 - power(float(beta2), number)
        return (rate, beta1, one - beta1, beta2, one - beta2, *parts, correction, epsilon, decay)

    return Rule(nadam, 2, settings)


def _fading(decay: float) -> float:
    """0.96^decay: unlike a machine's own functions, those of decimals are rounded correctly."""
    with localcontext() as context:
        context.prec = 30
        return float((Decimal("0.96").ln() * Decimal(decay)).exp())


def _parts(beta1: float, fading: float, number: int) -> Iterator[float]:
    """(1 - u(t)) / (1 - p(t)) and u(t + 1) / (1 - p(t + 1)) of the entry's formula."""
    now, then = (beta1 * (1 - 0.5 * power(fading, t)) for t in (number, number + 1))
    product, left = 1.0, 1.0
    for _ in range(number):
        left *= fading
        product *= beta1 * (1 - 0.5 * left)
        if product < 2.0**-60:  # 1 - product is 1, and stays so
            break
    yield (1 - now) / (1 - product)
    yield then / (1 - product * then)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, v: Any, rate: Any, beta1: Any, rest1: Any, beta2: Any,
    rest2: Any, slope: Any, mean: Any, correction: Any, epsilon: Any, decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; m and v as in moments();
    w -= rate * ((mean * m + slope * g) / (sqrt(v / correction) + epsilon))"""
    g = b.fadd(g, b.fmul(decay, w))
    m, v = moments(b, g, m, v, beta1, rest1, beta2, rest2)
    root = square_root(b, b.fdiv(v, correction))
    ahead = b.fadd(b.fmul(mean, m), b.fmul(slope, g))
    return [b.fsub(w, b.fmul(rate, b.fdiv(ahead, b.fadd(root, epsilon)))), m, v]


_update = updating(_step, states=2, settings=10)


@Entry
def nadam(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of NAdam."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

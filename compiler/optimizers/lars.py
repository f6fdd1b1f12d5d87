"""lars: You, Gitman and Ginsburg 2017. The state is the velocity, in which the rates are."""

from typing import Any, SupportsFloat

from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, measure_gradient, updating
from lenet.compiler.simd.kernel import Entry
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate, the momentum, the weight decay and the trust."""
    momentum, decay, trust = (optimizer[name] for name in ("momentum", "weight_decay", "trust"))

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return rate, momentum, decay

    def trust_of(weights: float, gradient: float) -> float:
        return float(trust) * weights / (gradient + float(decay) * weights)

    return Rule(lars, 1, settings, measure_gradient, trust_of)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, v: Any, rate: Any, momentum: Any, decay: Any, trust: Any
) -> list[Any]:
    """v = momentum * v + rate * trust * (g + decay * w); w -= v"""
    g = b.fadd(g, b.fmul(decay, w))
    v = b.fadd(b.fmul(momentum, v), b.fmul(b.fmul(rate, trust), g))
    return [b.fsub(w, v), v]


_update = updating(_step, states=1, settings=4)


@Entry
def lars(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of LARS."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

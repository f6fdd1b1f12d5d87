"""sgd: with momentum, as PyTorch defines it, Nesterov's or not; or without, and then no state."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, updating
from lenet.compiler.simd.kernel import Entry
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate and the weight decay; with momentum, this, the undampened part of
    the gradient, and whether it is Nesterov's come between them."""
    momentum, decay = optimizer["momentum"], optimizer["weight_decay"]
    if not momentum:
        return Rule(sgd, 0, lambda rate, number: (rate, decay))
    ahead = float(optimizer["nesterov"])
    rest = np.float32(1) - np.float32(optimizer["dampening"])

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return rate, momentum, rest if number > 1 else 1.0, ahead, decay

    return Rule(sgd_with_momentum, 1, settings)


def _plain(b: ir.IRBuilder, g: Any, w: Any, rate: Any, decay: Any) -> list[Any]:
    """w -= rate * (g + decay * w)"""
    return [b.fsub(w, b.fmul(rate, b.fadd(g, b.fmul(decay, w))))]


def _heavy_ball(
    b: ir.IRBuilder, g: Any, w: Any, v: Any, rate: Any, momentum: Any, rest: Any, ahead: Any,
    decay: Any,
) -> list[Any]:  # fmt: skip
    """g += decay * w; v = momentum * v + rest * g;
    w -= rate * (g + momentum * v if ahead else v)"""
    g = b.fadd(g, b.fmul(decay, w))
    v = b.fadd(b.fmul(momentum, v), b.fmul(rest, g))
    nesterov = b.fcmp_ordered("!=", ahead, ir.Constant(ahead.type, None))
    step = b.select(nesterov, b.fadd(g, b.fmul(momentum, v)), v)
    return [b.fsub(w, b.fmul(rate, step)), v]


_update_plainly = updating(_plain, states=0, settings=2)
_update_with_momentum = updating(_heavy_ball, states=1, settings=5)


@Entry
def sgd(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of stochastic gradient descent."""
    return _update_plainly(
        gradients, rows, parts, owners, first, last, factor, weights, states, settings
    )


@Entry
def sgd_with_momentum(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """The same with momentum; the state is the velocity."""
    return _update_with_momentum(
        gradients, rows, parts, owners, first, last, factor, weights, states, settings
    )

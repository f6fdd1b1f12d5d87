"""lamb: You et al. 2020. The states are the running means of the gradient and of its square."""

from typing import Any

from llvmlite import ir

from lenet.compiler.optimizers.adam import moments, rule_with
from lenet.compiler.optimizers.rule import Rule, measuring, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are those of Adam with decoupled weight decay, and the trust."""
    adam = rule_with(optimizer, decoupled=optimizer["weight_decay"])
    return Rule(lamb, 2, adam.settings, measure_lamb, lambda weights, move: weights / move)


def _move(
    b: ir.IRBuilder, g: Any, w: Any, m: Any, v: Any, rate: Any, beta1: Any, rest1: Any, beta2: Any,
    rest2: Any, correction1: Any, correction2: Any, epsilon: Any, added: Any, decoupled: Any,
    trust: Any,
) -> list[Any]:  # fmt: skip
    """m and v as in moments(); m / correction1 / (sqrt(v / correction2) + epsilon) + decoupled * w,
    and both."""
    m, v = moments(b, g, m, v, beta1, rest1, beta2, rest2)
    root = square_root(b, b.fdiv(v, correction2))
    move = b.fdiv(b.fdiv(m, correction1), b.fadd(root, epsilon))
    return [b.fadd(move, b.fmul(decoupled, w)), m, v]


def _step(b: ir.IRBuilder, g: Any, w: Any, m: Any, v: Any, rate: Any, *settings: Any) -> list[Any]:
    """w -= rate * trust * move"""
    move, m, v = _move(b, g, w, m, v, rate, *settings)
    return [b.fsub(w, b.fmul(b.fmul(rate, settings[-1]), move)), m, v]


_update = updating(_step, states=2, settings=11)
_measure = measuring(lambda b, g, w, *rest: [w, _move(b, g, w, *rest)[0]], states=2, settings=11)


@Entry
def lamb(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of LAMB."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)


@Entry
def measure_lamb(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings, sums
) -> None:  # fmt: skip
    """sums = those of the squares of weights and moves."""
    _measure(gradients, rows, parts, owners, first, last, factor, weights, states, settings, sums)

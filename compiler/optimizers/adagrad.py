"""adagrad: Duchi, Hazan and Singer 2011, as in PyTorch. The state is the sum of squared gradients
without what it begins with, since states begin with 0."""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir

from lenet.compiler.optimizers.rule import Rule, updating
from lenet.compiler.simd.kernel import Entry
from lenet.compiler.simd.lanes import square_root
from lenet.dsl.vocabulary import Use


def rule_of(optimizer: Use) -> Rule:
    """Its settings are the rate that is left of it, what the sum begins with, epsilon and the
    weight decay."""
    options = ("initial_accumulator_value", "epsilon", "weight_decay")
    constants = [optimizer[name] for name in options]
    slower = float(np.float32(optimizer["lr_decay"]))

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return np.float32(rate) / np.float32(1 + (number - 1) * slower), *constants

    return Rule(adagrad, 1, settings)


def _step(
    b: ir.IRBuilder, g: Any, w: Any, s: Any, rate: Any, initial: Any, epsilon: Any, decay: Any
) -> list[Any]:
    """g += decay * w; s += g * g; w -= rate * (g / (sqrt(initial + s) + epsilon))"""
    g = b.fadd(g, b.fmul(decay, w))
    s = b.fadd(s, b.fmul(g, g))
    root = square_root(b, b.fadd(initial, s))
    return [b.fsub(w, b.fmul(rate, b.fdiv(g, b.fadd(root, epsilon)))), s]


_update = updating(_step, states=1, settings=4)


@Entry
def adagrad(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """One step of Adagrad."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

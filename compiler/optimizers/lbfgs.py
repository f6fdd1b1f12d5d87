"""lbfgs: Liu and Nocedal 1989, as in PyTorch. The states are the gradient and the last step; then
those changes of the gradient that are remembered, the oldest first, and the steps that made them.

What concerns all parameters at once is done in float64 with numpy, of sums and products of single
numbers alone: beside a gradient of all images it takes no time.
"""

from typing import Any, SupportsFloat

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from lenet.compiler.optimizers.rule import Rule, Whole, updating
from lenet.compiler.simd.kernel import Entry
from lenet.dsl.vocabulary import Use

_CURVED = 1e-10  # the least product of a step and what it did to the gradient
_FLAT = 1e-7  # a gradient that is nowhere larger ends the training where it is
_DESCENT = -1e-9  # the least slope of a step

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def rule_of(optimizer: Use) -> Rule:
    """Its setting is the weight decay; the rate is in the step that `Whole` makes."""
    decay = optimizer["weight_decay"]

    def settings(rate: float, number: int) -> tuple[SupportsFloat, ...]:
        return (decay,)

    return Rule(lbfgs, 2 + 2 * optimizer["history"], settings, whole=Whole(lbfgs_gradient, direct))


def direct(states: Floats, before: Floats, rate: float) -> None:
    """Remember what the last step did to the gradient, which was `before`, and make another step:
    states (2 + 2 * history, parameters)."""
    gradient, step = states[:2]
    changes, steps = np.split(states[2:], 2)
    change = gradient - before
    if product(change, step) > _CURVED:
        for kept, newest in ((changes, change), (steps, step)):
            kept[:-1] = kept[1:]
            kept[-1] = newest
    pairs = [
        (y, s, curve)
        for y, s in zip(changes, steps, strict=True)
        if (curve := product(y, s)) > _CURVED
    ]
    slope, rate = gradient.astype(np.float64), float(np.float32(rate))
    if not pairs and not step.any():
        rate *= min(1.0, 1 / max(product(np.abs(gradient), np.ones_like(gradient)), 1e-30))
    direction = _solved(-slope, pairs)
    if np.abs(gradient).max(initial=0) <= _FLAT or product(slope, direction) > _DESCENT:
        step[:] = 0
        return
    step[:] = rate * direction


def _solved(q: Doubles, pairs: list[tuple[Floats, Floats, float]]) -> Doubles:
    """The inverse of the curvature that the pairs show, times a vector, which
    becomes it: the two loops."""
    parts = []
    for y, s, curve in reversed(pairs):
        parts.append(product(s, q) / curve)
        q -= np.multiply(y, parts[-1], dtype=np.float64)
    if pairs:
        y, _, curve = pairs[-1]
        q *= curve / product(y, y)
    for (y, s, curve), part in zip(pairs, reversed(parts), strict=True):
        q += np.multiply(s, part - product(y, q) / curve, dtype=np.float64)
    return q


def product(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The inner product in float64, added up by halves: in an order that no machine changes."""
    terms = np.multiply(a, b, dtype=np.float64)
    while terms.size > 1:
        half = (terms.size + 1) // 2
        terms[: terms.size - half] += terms[half:]
        terms = terms[:half]
    return float(terms[0]) if terms.size else 0.0


def _keep(b: ir.IRBuilder, g: Any, w: Any, old: Any, step: Any, decay: Any) -> list[Any]:
    """The state becomes g + decay * w."""
    return [w, b.fadd(g, b.fmul(decay, w)), step]


def _step(b: ir.IRBuilder, g: Any, w: Any, gradient: Any, step: Any, decay: Any) -> list[Any]:
    """w += step"""
    return [b.fadd(w, step), gradient, step]


_update_gradient = updating(_keep, states=2, settings=1)
_update = updating(_step, states=2, settings=1)


@Entry
def lbfgs_gradient(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """The gradient of some parameters becomes a state of theirs."""
    return _update_gradient(
        gradients, rows, parts, owners, first, last, factor, weights, states, settings
    )


@Entry
def lbfgs(
    gradients, rows, parts, owners, first, last, factor, weights, states, settings
) -> int:  # fmt: skip
    """The step that is known already."""
    return _update(gradients, rows, parts, owners, first, last, factor, weights, states, settings)

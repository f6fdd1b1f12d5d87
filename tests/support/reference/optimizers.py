"""Optimizers in numpy: the bits of float32 where all that is given is float32.

Each takes the weights, the mean gradient, its states (0 at first), its options, the rate and the
number of the step, from 1; it returns the new weights and states. Beside it stand options to try.
"""

from typing import Any

import numpy as np


def sgd(w: Any, g: Any, *states: Any, rate: Any, number: int, momentum: Any, weight_decay: Any,
        nesterov: bool, dampening: Any) -> tuple[Any, ...]:  # fmt: skip
    g = g + weight_decay * w
    if not momentum:
        return (w - rate * g,)
    v = momentum * states[0] + (g if number == 1 else (type(dampening)(1) - dampening) * g)
    return w - rate * (g + momentum * v if nesterov else v), v


def adam(w: Any, g: Any, m: Any, v: Any, *, weight_decay: Any, **values: Any) -> tuple[Any, ...]:
    return adamw(w, g + weight_decay * w, m, v, weight_decay=type(weight_decay)(0), **values)


def adamw(w: Any, g: Any, m: Any, v: Any, *, rate: Any, number: int, beta1: Any, beta2: Any,
          epsilon: Any, weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    kind = type(beta1)
    m = beta1 * m + (kind(1) - beta1) * g
    v = beta2 * v + (kind(1) - beta2) * g * g
    unbiased = m / kind(1 - float(beta1) ** number)
    root = np.sqrt(v / kind(1 - float(beta2) ** number))
    return w - rate * (unbiased / (root + epsilon) + weight_decay * w), m, v


def rmsprop(
    w: Any, g: Any, s: Any, m: Any = 0, v: Any = 0, *, rate: Any, number: int, alpha: Any,
    epsilon: Any, momentum: Any, centered: bool, weight_decay: Any,
) -> tuple[Any, ...]:  # fmt: skip
    kind = type(alpha)
    g = g + weight_decay * w
    s = alpha * s + (kind(1) - alpha) * g * g
    if not (momentum or centered):
        return w - rate * (g / (np.sqrt(s) + epsilon)), s
    m = alpha * m + (kind(1) - alpha) * g
    spread = np.maximum(s - kind(centered) * (m * m), kind(0))
    v = momentum * v + g / (np.sqrt(spread) + epsilon)
    return w - rate * v, s, m, v


def adagrad(w: Any, g: Any, s: Any, *, rate: Any, number: int, lr_decay: Any,
            initial_accumulator_value: Any, epsilon: Any, weight_decay: Any
            ) -> tuple[Any, ...]:  # fmt: skip
    g = g + weight_decay * w
    s = s + g * g
    rate = rate / type(lr_decay)(1 + (number - 1) * float(lr_decay))
    return w - rate * (g / (np.sqrt(initial_accumulator_value + s) + epsilon)), s


def adadelta(w: Any, g: Any, s: Any, d: Any, *, rate: Any, number: int, rho: Any, epsilon: Any,
             weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    rest = type(rho)(1) - rho
    g = g + weight_decay * w
    s = rho * s + rest * g * g
    step = np.sqrt(d + epsilon) / np.sqrt(s + epsilon) * g
    return w - rate * step, s, rho * d + rest * step * step


def adamax(w: Any, g: Any, m: Any, u: Any, *, rate: Any, number: int, beta1: Any, beta2: Any,
           epsilon: Any, weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    kind = type(beta1)
    g = g + weight_decay * w
    m = beta1 * m + (kind(1) - beta1) * g
    u = np.maximum(beta2 * u, np.abs(g) + epsilon)
    return w - rate * (m / kind(1 - float(beta1) ** number) / u), m, u


def nadam(w: Any, g: Any, m: Any, v: Any, *, rate: Any, number: int, beta1: Any, beta2: Any,
          epsilon: Any, momentum_decay: Any, weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    kind = type(beta1)
    exponents = np.arange(1, number + 2) * float(momentum_decay)
    u = float(beta1) * (1 - 0.5 * 0.96**exponents)
    p = np.cumprod(u)
    g = g + weight_decay * w
    m = beta1 * m + (kind(1) - beta1) * g
    v = beta2 * v + (kind(1) - beta2) * g * g
    ahead = kind(u[-1] / (1 - p[-1])) * m + kind((1 - u[-2]) / (1 - p[-2])) * g
    root = np.sqrt(v / kind(1 - float(beta2) ** number))
    return w - rate * (ahead / (root + epsilon)), m, v


def radam(w: Any, g: Any, m: Any, v: Any, *, rate: Any, number: int, beta1: Any, beta2: Any,
          epsilon: Any, weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    kind, b1, b2 = type(beta1), float(beta1), float(beta2)
    g = g + weight_decay * w
    m = beta1 * m + (kind(1) - beta1) * g
    v = beta2 * v + (kind(1) - beta2) * g * g
    longest = 2 / (1 - b2) - 1
    length = longest - 2 * number * b2**number / (1 - b2**number)
    scale, root = 1 / (1 - b1**number), kind(1)
    if length > 5:
        scale *= np.sqrt((length - 4) * (length - 2) * longest * (1 - b2**number)
                         / ((longest - 4) * (longest - 2) * length))  # fmt: skip
        root = np.sqrt(v) + epsilon
    return w - rate * (kind(scale) * m / root), m, v


def lion(w: Any, g: Any, m: Any, *, rate: Any, number: int, beta1: Any, beta2: Any,
         weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    one = type(beta1)(1)
    sign = np.sign(beta1 * m + (one - beta1) * g)
    return w - rate * (sign + weight_decay * w), beta2 * m + (one - beta2) * g


def ftrl(w: Any, g: Any, z: Any, n: Any, *, rate: Any, number: int, beta: Any, lambda1: Any,
         lambda2: Any, weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    g = g + weight_decay * w
    old = np.sqrt(n) if number == 1 else beta + np.sqrt(n)
    n = n + g * g
    q = beta + np.sqrt(n)
    z = z + (rate * g - (q - old) * w)
    clipped = np.clip(z, -rate * lambda1, rate * lambda1)
    return (clipped - z) / (q + rate * lambda2), z, n


def norm(values: Any) -> float:
    return float(np.sqrt((values.astype(np.float64) ** 2).sum()))


def lars(w: Any, g: Any, v: Any, *, rate: Any, number: int, momentum: Any, weight_decay: Any,
         trust: Any) -> tuple[Any, ...]:  # fmt: skip
    kind, long, steep = type(trust), norm(w), norm(g)
    local = kind(1)
    if long > 0 and steep > 0:
        local = kind(float(trust) * long / (steep + float(weight_decay) * long))
    v = momentum * v + rate * local * (g + weight_decay * w)
    return w - v, v


def lamb(w: Any, g: Any, m: Any, v: Any, *, rate: Any, number: int, beta1: Any, beta2: Any,
         epsilon: Any, weight_decay: Any) -> tuple[Any, ...]:  # fmt: skip
    kind = type(beta1)
    m = beta1 * m + (kind(1) - beta1) * g
    v = beta2 * v + (kind(1) - beta2) * g * g
    root = np.sqrt(v / kind(1 - float(beta2) ** number))
    move = m / kind(1 - float(beta1) ** number) / (root + epsilon) + weight_decay * w
    local = kind(norm(w) / norm(move)) if norm(w) > 0 and norm(move) > 0 else kind(1)
    return w - rate * local * move, m, v


def lbfgs(w: Any, g: Any, *states: Any, rate: Any, number: int, history: int, weight_decay: Any
          ) -> tuple[Any, ...]:  # fmt: skip
    """By the matrix of Broyden, Fletcher, Goldfarb and Shanno itself, from a multiple of the
    identity on: what the two loops are short for."""
    g, (old, step) = g + weight_decay * w, states[:2]
    remembered = int(history)
    kept = list(zip(states[2 : 2 + remembered], states[2 + remembered :], strict=True))
    y = g - old
    if wide(y) @ wide(step) > 1e-10:
        kept = [*kept[1:], (y, step)]
    pairs = [(wide(y), wide(s)) for y, s in kept if wide(y) @ wide(s) > 1e-10]
    inverse = np.eye(len(w))
    if pairs:
        y, s = pairs[-1]
        inverse *= (y @ s) / (y @ y)
    for y, s in pairs:
        turn = np.eye(len(w)) - np.outer(s, y) / (y @ s)
        inverse = turn @ inverse @ turn.T + np.outer(s, s) / (y @ s)
    direction = -inverse @ wide(g)
    size = float(rate)
    if not pairs and not step.any():
        size *= min(1, 1 / np.abs(wide(g)).sum())
    if np.abs(g).max() <= 1e-7 or wide(g) @ direction > -1e-9:
        size = 0
    step = (size * direction).astype(w.dtype)
    return w + step, g, step, *(y for y, _ in kept), *(s for _, s in kept)


def wide(values: Any) -> Any:
    return np.asarray(values, np.float64)


REFERENCE: dict[str, tuple[Any, list[dict[str, float]]]] = {
    "sgd": (sgd, [
        {"weight_decay": 0.01}, {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"momentum": 0.9, "dampening": 0.8},
    ]),
    "rmsprop": (rmsprop, [
        {"weight_decay": 0.01, "alpha": 0.9}, {"momentum": 0.9},
        {"centered": True, "epsilon": 1e-4},
    ]),
    "adam": (adam, [
        {}, {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weight_decay": 0.1},
    ]),
    "adamw": (adamw, [{}, {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weight_decay": 0.1}]),
    "adagrad": (adagrad, [
        {}, {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-3,
             "weight_decay": 0.1},
    ]),
    "adadelta": (adadelta, [{}, {"rho": 0.7, "epsilon": 1e-2, "weight_decay": 0.1}]),
    "adamax": (adamax, [
        {}, {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-2, "weight_decay": 0.1},
    ]),
    "nadam": (nadam, [
        {}, {"momentum_decay": 0.5, "beta2": 0.99, "epsilon": 1e-3, "weight_decay": 0.1},
    ]),
    "radam": (radam, [
        {}, {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "weight_decay": 0.1},
        {"beta2": 0.1}, {"beta1": 0.5, "beta2": 0.9},
    ]),
    "lbfgs": (lbfgs, [{}, {"history": 1}, {"history": 3, "weight_decay": 0.1}]),
    "lion": (lion, [{}, {"beta1": 0.5, "beta2": 0.8, "weight_decay": 0.1}]),
    "lars": (lars, [{}, {"momentum": 0.5, "weight_decay": 0.1, "trust": 0.5}]),
    "lamb": (lamb, [{}, {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "weight_decay": 0.1}]),
    "ftrl": (ftrl, [
        {}, {"beta": 0.5, "lambda1": 2, "lambda2": 0.5, "weight_decay": 0.1},
    ]),
}  # fmt: skip

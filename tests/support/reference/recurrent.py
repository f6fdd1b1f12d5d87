"""Layers with a state, step by step, in float64: `lstm` and `gru`.

A sequence is a map of one row, (images, channels, 1, steps). The attribute `known`, if any, tells
how many steps of each image there are; behind them the state stays as it is.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
Arrays = dict[str, Array]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm_step(x: Array, state: list[Array], p: Arrays) -> tuple[list[Array], Any]:
    h, c = state
    sums = x @ p["input_weight"].T + h @ p["recurrent_weight"].T + p["bias"]
    i, f, g, o = np.split(sums, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    new = f * c + i * g
    return [o * np.tanh(new), new], (x, h, c, i, f, g, o, new)


def lstm_back(slopes: list[Array], kept: Any, p: Arrays) -> tuple[Array, list[Array], Arrays]:
    x, h, c, i, f, g, o, new = kept
    dh, dc = slopes
    dc = dc + dh * o * (1 - np.tanh(new) ** 2)
    d = np.concatenate(
        [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2),
         dh * np.tanh(new) * o * (1 - o)], axis=1,
    )  # fmt: skip
    own = {"input_weight": d.T @ x, "recurrent_weight": d.T @ h, "bias": d.sum(axis=0)}
    return d @ p["input_weight"], [d @ p["recurrent_weight"], dc * f], own


def gru_step(x: Array, state: list[Array], p: Arrays) -> tuple[list[Array], Any]:
    (h,) = state
    r, z, n = np.split(x @ p["input_weight"].T + p["bias"], 3, axis=1)
    hr, hz, u = np.split(h @ p["recurrent_weight"].T, 3, axis=1)
    r, z, u = sigmoid(r + hr), sigmoid(z + hz), u + p["candidate_bias"]
    n = np.tanh(n + r * u)
    return [(1 - z) * n + z * h], (x, h, r, z, n, u)


def gru_back(slopes: list[Array], kept: Any, p: Arrays) -> tuple[Array, list[Array], Arrays]:
    x, h, r, z, n, u = kept
    (dh,) = slopes
    dn = dh * (1 - z) * (1 - n**2)
    dr, dz, du = dn * u * r * (1 - r), dh * (h - n) * z * (1 - z), dn * r
    of_x, of_h = np.concatenate([dr, dz, dn], axis=1), np.concatenate([dr, dz, du], axis=1)
    own = {
        "input_weight": of_x.T @ x, "recurrent_weight": of_h.T @ h, "bias": of_x.sum(axis=0),
        "candidate_bias": du.sum(axis=0),
    }  # fmt: skip
    return of_x @ p["input_weight"], [of_h @ p["recurrent_weight"] + dh * z], own


CELLS = {"lstm": (lstm_step, lstm_back, 2), "gru": (gru_step, gru_back, 1)}


def way_forward(kind: str, x: Array, p: Arrays, known: Array, order: list[int]) -> Any:
    """x (steps, images, channels); h of all steps, that at the end, and what backward needs."""
    step, _, states = CELLS[kind]
    state = [np.zeros((x.shape[1], p["recurrent_weight"].shape[1]))] * states
    h, tape = np.zeros((len(x), *state[0].shape)), []
    for t in order:
        inside = (t < known)[:, None]
        new, kept = step(x[t], state, p)
        state = [np.where(inside, one, other) for one, other in zip(new, state, strict=True)]
        h[t] = state[0]
        tape.append((t, inside, kept))
    return h, state[0], tape


def way_backward(
    kind: str, dh: Array, end: Array, p: Arrays, tape: Any, shape: tuple[int, ...]
) -> tuple[Array, Arrays]:
    """From the gradients of h at all steps, and of that at the end."""
    _, back, states = CELLS[kind]
    slopes = [end, *[np.zeros_like(end)] * (states - 1)]
    dx, own = np.zeros(shape), {name: np.zeros_like(value) for name, value in p.items()}
    for t, inside, kept in reversed(tape):
        slopes[0] = slopes[0] + dh[t]
        given = [np.where(inside, slope, 0) for slope in slopes]
        dx[t], before, parts = back(given, kept, p)
        slopes = [np.where(inside, one, slope) for one, slope in zip(before, slopes, strict=True)]
        for name, part in parts.items():
            own[name] += part
    return dx, own


def ways_of(attributes: dict[str, Any], steps: int) -> list[tuple[str, list[int]]]:
    forward = list(range(steps))
    if not attributes.get("both"):
        return [("", forward)]
    return [("forward.", forward), ("backward.", forward[::-1])]


def recurrent_forward(kind: str) -> Callable[..., tuple[Array, Any]]:
    def forward(x: Array, parameters: Arrays, attributes: dict[str, Any]) -> tuple[Array, Any]:
        values = x[:, :, 0].transpose(2, 0, 1)
        count, saved, ends = int(attributes.get("layers", (1,))[0]), [], [values]
        known = attributes.get("known", np.full(len(x), len(values)))
        for layer in range(count):
            outputs, ends = [], []
            for way, order in ways_of(attributes, len(values)):
                prefix = (f"{layer + 1}." if count > 1 else "") + way
                p = {name.removeprefix(prefix): value for name, value in parameters.items()
                     if name.startswith(prefix)}  # fmt: skip
                h, end, tape = way_forward(kind, values, p, known, order)
                saved.append((layer, prefix, p, tape, values.shape))
                outputs, ends = [*outputs, h], [*ends, end]
            values = np.concatenate(outputs, axis=2)
        if attributes.get("last"):
            return np.concatenate(ends, axis=1), (saved, values.shape)
        return values.transpose(1, 2, 0)[:, :, None], (saved, values.shape)

    return forward


def recurrent_backward(kind: str) -> Callable[..., tuple[Array, Arrays]]:
    def backward(
        dy: Array, saved: Any, parameters: Arrays, attributes: dict[str, Any]
    ) -> tuple[Array, Arrays]:
        parts, shape = saved
        last = bool(attributes.get("last"))
        slopes = np.zeros(shape) if last else dy[:, :, 0].transpose(2, 0, 1)
        ends = dy if last else np.zeros(shape[1:])
        gradients: Arrays = {}
        for layer in range(parts[-1][0], -1, -1):
            own = [part for part in parts if part[0] == layer]
            at, before = 0, np.zeros(own[0][4])
            for _, prefix, p, tape, given in own:
                units = p["recurrent_weight"].shape[1]
                piece = slice(at, at + units)
                dx, tensors = way_backward(
                    kind, slopes[:, :, piece], ends[:, piece], p, tape, given
                )
                gradients |= {prefix + name: value for name, value in tensors.items()}
                at, before = at + units, before + dx
            slopes, ends = before, np.zeros(before.shape[1:])
        return slopes.transpose(1, 2, 0)[:, :, None], gradients

    return backward

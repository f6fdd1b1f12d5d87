"""Sequences, as maps of one row, and the layers that read the codes of words and categories.

A layer that is told where a text ends gets [its input, the codes of the text]: -1 where there is no
word. A code's gradient is 0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
Arrays = dict[str, Array]
Attributes = dict[str, Any]


def known_steps(codes: Array, short: int, steps: int) -> Array:
    """Of each text, which steps see words; the first one always does."""
    words = (codes > -0.5).sum(axis=1) - short
    return np.arange(steps) < np.clip(words, 1, steps)[:, None]


def pooled(choose: Callable[[Array, Array], Array]) -> tuple[Any, Any]:
    """A layer that weighs the steps of each channel of a text; `choose` says how, of the values and
    which are known."""

    def forward(x: list[Array], parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
        values, codes = x[0][:, :, 0], x[1]
        known = known_steps(codes, attributes["short"], values.shape[2])
        weights = choose(values, np.broadcast_to(known[:, None], values.shape))
        return (values * weights).sum(axis=2), (weights, codes)

    def backward(
        dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
    ) -> tuple[list[Array], Arrays]:
        weights, codes = saved
        return [(dy[:, :, None] * weights)[:, :, None], np.zeros_like(codes)], {}

    return forward, backward


def largest(values: Array, known: Array) -> Array:
    best = np.where(known, values, -np.inf).argmax(axis=2)
    return (np.arange(values.shape[2]) == best[:, :, None]).astype(float)


def means(values: Array, known: Array) -> Array:
    return known / known.sum(axis=2, keepdims=True)


def ends(values: Array, known: Array) -> Array:
    return (np.arange(values.shape[2]) == known.sum(axis=2, keepdims=True) - 1).astype(float)


def last_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return x[:, :, 0, -1], x.shape


def last_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    dx = np.zeros(saved)
    dx[:, :, 0, -1] = dy
    return dx, {}


def marks(x: Array, count: int) -> Array:
    """(images, count, places): 1 where a place has this code."""
    return (np.round(x)[:, None] == np.arange(count)[:, None]).astype(float)


def embed_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """Rows of the table; of a set, which is marked already, the mean of its rows."""
    weight = parameters["weight"]
    if attributes["set"]:
        share = x / np.maximum(x.sum(axis=1, keepdims=True), 1)
        return share @ weight, (x, share[:, :, None])
    found = marks(x, len(weight))
    y = np.einsum("nrs,rk->nks", found, weight)
    return y.reshape(len(x), *attributes["shape"]), (x, found)


def embed_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    x, found = saved
    dy = dy.reshape(len(x), parameters["weight"].shape[1], -1)
    return np.zeros_like(x), {"weight": np.einsum("nrs,nks->rk", found, dy)}


def onehot_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    shape = attributes["shape"]
    y = x if attributes["set"] else marks(x, shape[0])
    return y.reshape(len(x), *shape), x


def bag_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return marks(x, attributes["shape"][0]).sum(axis=2), x


def codes_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return np.zeros_like(saved), {}


def dot_forward(x: list[Array], parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    y = np.prod(x, axis=0)
    return y.reshape(len(y), -1).sum(axis=1, keepdims=True), x


def dot_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    dy = dy.reshape(-1, *(1,) * (saved[0].ndim - 1))
    others = [[v for j, v in enumerate(saved) if j != k] for k in range(len(saved))]
    return [dy * np.prod(values, axis=0) for values in others], {}


def position_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return x + parameters["weight"][None, :, None, :], None


def position_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    trained = attributes["values"] == "trained"
    return dy, {"weight": dy.sum(axis=0)[:, 0]} if trained else {}


def attention_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """Vaswani et al. 2017, section 3.2: softmax(q k' / sqrt(width)) v in each head. Of an x in
    two parts, the second are the codes of a text: steps without words are neither seen nor see."""
    x, codes = x if isinstance(x, list) else (x, None)
    count, channels, _, steps = x.shape
    heads = int(attributes["heads"][0])
    rows = x[:, :, 0].swapaxes(1, 2)
    three = rows @ parameters["in.weight"].T + parameters["in.bias"]
    q, k, v = three.reshape(count, steps, 3, heads, channels // heads).transpose(2, 0, 3, 1, 4)
    sees = np.tri(steps, dtype=bool) if attributes["causal"] else np.ones((steps, steps), bool)
    sees = np.broadcast_to(sees, (count, heads, steps, steps))
    known = np.ones((count, steps), bool)
    if codes is not None:
        known = known_steps(codes, attributes["short"], steps)
        sees = sees & known[:, None, None, :]
    scores = np.where(sees, q @ k.swapaxes(2, 3) * (channels // heads) ** -0.5, -np.inf)
    p = np.exp(scores - scores.max(axis=3, keepdims=True))
    p = p / p.sum(axis=3, keepdims=True) * known[:, None, :, None]
    mixed = (p @ v).swapaxes(1, 2).reshape(count, steps, channels)
    y = mixed @ parameters["out.weight"].T + parameters["out.bias"]
    return y.swapaxes(1, 2)[:, :, None], (rows, q, k, v, p, mixed, codes)


def attention_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Any, Arrays]:
    rows, q, k, v, p, mixed, codes = saved
    count, steps, channels = rows.shape
    dy = dy[:, :, 0].swapaxes(1, 2)
    d_mixed = dy @ parameters["out.weight"]
    d_mixed = d_mixed.reshape(count, steps, q.shape[1], -1).swapaxes(1, 2)
    dp = d_mixed @ v.swapaxes(2, 3)
    ds = p * (dp - (p * dp).sum(axis=3, keepdims=True)) * q.shape[3] ** -0.5
    parts = ds @ k, ds.swapaxes(2, 3) @ q, p.swapaxes(2, 3) @ d_mixed
    three = np.stack(parts).transpose(1, 3, 0, 2, 4).reshape(count, steps, 3 * channels)
    dx = (three @ parameters["in.weight"]).swapaxes(1, 2)[:, :, None]
    flat = three.reshape(-1, 3 * channels)
    gradients = {
        "in.weight": flat.T @ rows.reshape(-1, channels),
        "in.bias": flat.sum(axis=0),
        "out.weight": dy.reshape(-1, channels).T @ mixed.reshape(-1, channels),
        "out.bias": dy.sum(axis=(0, 1)),
    }
    return (dx if codes is None else [dx, np.zeros_like(codes)]), gradients


SEQUENCES = {
    "last": (last_forward, last_backward),
    "last of a text": pooled(ends),
    "maxpool of a text": pooled(largest),
    "avgpool of a text": pooled(means),
    "position": (position_forward, position_backward),
    "attention": (attention_forward, attention_backward),
    "embed": (embed_forward, embed_backward),
    "onehot": (onehot_forward, codes_backward),
    "bag": (bag_forward, codes_backward),
    "dot": (dot_forward, dot_backward),
}

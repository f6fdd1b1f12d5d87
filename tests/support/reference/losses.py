"""Losses of numbers, and of answers yes or no, from their formulas: (sum over rows, its slopes) of
outputs (N, K) and what they should be (N, answers)."""

import numpy as np

Array = np.ndarray
Loss = tuple[float, Array]


def mse(x: Array, y: Array) -> Loss:
    return float(((x - y) ** 2).mean(axis=1).sum()), 2 * (x - y) / x.shape[1]


def mae(x: Array, y: Array) -> Loss:
    return float(np.abs(x - y).mean(axis=1).sum()), np.sign(x - y) / x.shape[1]


def huber(x: Array, y: Array, delta: float = 1.0) -> Loss:
    size = np.abs(x - y)
    parts = np.where(size <= delta, size**2 / 2, delta * (size - delta / 2))
    return float(parts.mean(axis=1).sum()), np.clip(x - y, -delta, delta) / x.shape[1]


def quantile(x: Array, y: Array, quantiles: tuple[float, ...] = (0.1, 0.9)) -> Loss:
    q = np.tile(quantiles, y.shape[1])
    wanted = np.repeat(y, len(quantiles), axis=1)
    parts = np.where(x < wanted, q * (wanted - x), (1 - q) * (x - wanted))
    slopes = np.where(x < wanted, -q, np.where(x > wanted, 1 - q, 0.0))
    return float(parts.mean(axis=1).sum()), slopes / x.shape[1]


def poisson(x: Array, y: Array) -> Loss:
    return float((np.exp(x) - y * x).mean(axis=1).sum()), (np.exp(x) - y) / x.shape[1]


def kl(x: Array, y: Array) -> Loss:
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(y > 0, y * (np.log(y) - x), 0.0)
    return float(parts.sum()), -y


def cosine(x: Array, y: Array) -> Loss:
    own, other = (np.linalg.norm(values, axis=1, keepdims=True) for values in (x, y))
    cosines = (x * y).sum(axis=1, keepdims=True) / (own * other)
    return float((1 - cosines).sum()), x * cosines / own**2 - y / (own * other)


def bce(x: Array, y: Array, smooth: float = 0.0, weights: tuple[float, ...] = ()) -> Loss:
    wanted, w = y * (1 - smooth) + smooth / 2, np.array(weights or [1.0])
    likely = 1 / (1 + np.exp(-x))
    parts = -w * wanted * np.log(likely) - (1 - wanted) * np.log(1 - likely)
    slopes = (1 - wanted) * likely - w * wanted * (1 - likely)
    return float(parts.mean(axis=1).sum()), slopes / x.shape[1]


NUMERIC = {
    "mse": mse, "mae": mae, "huber": huber, "quantile": quantile, "poisson": poisson, "kl": kl,
    "cosine": cosine, "bce": bce,
}  # fmt: skip

"""Metrics by their definitions, an image at a time, in float64 and plain numpy."""

from collections.abc import Callable

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], float]  # of probabilities (count, classes) and labels


def in_top(row: np.ndarray, label: int, k: int) -> bool:
    """Whether the label is among the first k of a stable sort, the greatest first."""
    return bool(label in np.argsort(-row, kind="stable")[:k])


def top(k: int) -> Metric:
    return lambda p, labels: float(np.mean([in_top(r, y, k) for r, y in zip(p, labels)]))  # noqa: B905


def loss(p: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean([-np.log(row[label]) for row, label in zip(p, labels, strict=True)]))


METRICS: dict[str, Metric] = {"loss": loss, "top1": top(1), "top5": top(5)}

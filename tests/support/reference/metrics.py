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


def f1(p: np.ndarray, labels: np.ndarray) -> float:
    taken, scores = p.argmax(axis=1), []
    for k in sorted({*labels.tolist(), *taken.tolist()}):
        right = sum(1 for y, t in zip(labels, taken, strict=True) if y == t == k)
        precision = right / max(1, sum(taken == k))
        recall = right / max(1, sum(labels == k))
        scores.append(2 * precision * recall / (precision + recall) if right else 0.0)
    return float(np.mean(scores))


def precision(p: np.ndarray, labels: np.ndarray) -> float:
    taken = p.argmax(axis=1)
    classes = sorted({*labels.tolist(), *taken.tolist()})
    return float(np.mean([np.mean(labels[taken == k] == k) if k in taken else 0 for k in classes]))


def recall(p: np.ndarray, labels: np.ndarray) -> float:
    taken = p.argmax(axis=1)
    classes = sorted({*labels.tolist(), *taken.tolist()})
    return float(np.mean([np.mean(taken[labels == k] == k) if k in labels else 0 for k in classes]))


METRICS: dict[str, Metric] = {
    "f1": f1, "loss": loss, "precision": precision, "recall": recall, "top1": top(1),
    "top5": top(5),
}  # fmt: skip

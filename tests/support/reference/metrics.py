"""Metrics by their definitions, an image at a time, in float64 and plain numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np

# Of probabilities (count, classes) and labels: a number, or rows of them.
Metric = Callable[[np.ndarray, np.ndarray], Any]


def in_top(row: np.ndarray, label: int, k: int) -> bool:
    """Whether the label is among the first k of a stable sort, the greatest first."""
    return bool(label in np.argsort(-row, kind="stable")[:k])


def top(k: int) -> Metric:
    return lambda p, labels: float(np.mean([in_top(r, y, k) for r, y in zip(p, labels)]))  # noqa: B905


def loss(p: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean([-np.log(row[label]) for row, label in zip(p, labels, strict=True)]))


def f1_of(k: int) -> Metric:
    def of_class(p: np.ndarray, labels: np.ndarray) -> float:
        taken = p.argmax(axis=1)
        right = sum(1 for y, t in zip(labels, taken, strict=True) if y == t == k)
        precision = right / max(1, sum(taken == k))
        recall = right / max(1, sum(labels == k))
        return 2 * precision * recall / (precision + recall) if right else 0.0

    return of_class


def f1_micro(p: np.ndarray, labels: np.ndarray) -> float:
    """Of all decisions, class by class: is it this one?"""
    taken, right, wrong, missed = p.argmax(axis=1), 0, 0, 0
    for k in range(p.shape[1]):
        for y, t in zip(labels, taken, strict=True):
            right += t == k and y == k
            wrong += t == k and y != k
            missed += t != k and y == k
    return float(2 * right / (2 * right + wrong + missed))


def precision_of(k: int) -> Metric:
    def of_class(p: np.ndarray, labels: np.ndarray) -> float:
        own = labels[p.argmax(axis=1) == k]
        return float(np.mean(own == k)) if len(own) else 0.0

    return of_class


def recall_of(k: int) -> Metric:
    def of_class(p: np.ndarray, labels: np.ndarray) -> float:
        taken = p.argmax(axis=1)[labels == k]
        return float(np.mean(taken == k)) if len(taken) else 0.0

    return of_class


def f1(p: np.ndarray, labels: np.ndarray) -> float:
    there = {*labels.tolist(), *p.argmax(axis=1).tolist()}
    return float(np.mean([f1_of(k)(p, labels) for k in there]))


def precision(p: np.ndarray, labels: np.ndarray) -> float:
    taken = p.argmax(axis=1)
    classes = sorted({*labels.tolist(), *taken.tolist()})
    return float(np.mean([np.mean(labels[taken == k] == k) if k in taken else 0 for k in classes]))


def recall(p: np.ndarray, labels: np.ndarray) -> float:
    taken = p.argmax(axis=1)
    classes = sorted({*labels.tolist(), *taken.tolist()})
    return float(np.mean([np.mean(taken[labels == k] == k) if k in labels else 0 for k in classes]))


def auc_of(k: int, p: np.ndarray, labels: np.ndarray) -> float:
    """Pair by pair; NaN without any."""
    own, others = p[labels == k, k], p[labels != k, k]
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in own for b in others]
    return float(np.mean(pairs)) if pairs else float("nan")


def auc(p: np.ndarray, labels: np.ndarray) -> float:
    if p.shape[1] == 2:
        return auc_of(1, p, labels)
    there = [k for k in range(p.shape[1]) if 0 < np.sum(labels == k) < len(labels)]
    return float(np.mean([auc_of(k, p, labels) for k in there])) if there else float("nan")


def calibration(p: np.ndarray, labels: np.ndarray) -> float:
    """Of fifteen drawers, in which images lie by how sure the net is of them."""
    drawers: list[list[tuple[float, bool]]] = [[] for _ in range(15)]
    for row, label in zip(p, labels, strict=True):
        sure = float(row.max())
        (drawer,) = (k for k in range(15) if k / 15 < sure <= (k + 1) / 15)
        drawers[drawer].append((sure, row.argmax() == label))
    parts = [np.array(drawer).T for drawer in drawers if drawer]
    gaps = [len(sure) * abs(right.mean() - sure.mean()) for sure, right in parts]
    return float(sum(gaps) / len(labels))


def confusion(p: np.ndarray, labels: np.ndarray) -> list[list[int]]:
    rows = [[0] * p.shape[1] for _ in range(p.shape[1])]
    for row, label in zip(p, labels, strict=True):
        rows[label][int(np.argmax(row))] += 1
    return rows


# By the name of the use.
METRICS: dict[str, Metric] = {
    "auc": auc, "calibration": calibration, "confusion": confusion,
    "f1": f1, "loss": loss, "precision": precision, "recall": recall, "top1": top(1),
    "top5": top(5), "top2": top(2), "top4": top(4), "f1 micro": f1_micro, "f1 of 3": f1_of(3),
    "precision of 3": precision_of(3), "recall of 3": recall_of(3),
}  # fmt: skip


# Of numbers, (count, answers), and of the right ones.


def rmse(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(np.mean((x - y) ** 2)))


def r2(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean([1 - np.sum((a - b) ** 2) / np.sum((b - b.mean()) ** 2)
                          for a, b in zip(x.T, y.T, strict=True)]))  # fmt: skip


OF_NUMBERS: dict[str, Metric] = {
    "rmse": rmse, "mse": lambda x, y: float(np.mean((x - y) ** 2)),
    "mae": lambda x, y: float(np.mean(np.abs(x - y))), "r2": r2,
    "psnr": lambda x, y: float(-10 * np.log10(np.mean((x - y) ** 2))),
    "mase": lambda x, y: float(np.mean(np.abs(x - y)) / np.mean(np.abs(y[:, 1:] - y[:, :-1]))),
    "mape": lambda x, y: float(np.mean(np.abs(x - y)[y != 0] / np.abs(y[y != 0]))),
}  # fmt: skip


# Of probabilities of yes, (count, questions), and of yes (1) and no (0).


def _questions(score: Callable[[np.ndarray, np.ndarray], float]) -> Metric:
    """The mean of a score of each question: of what is said, and what is right."""
    return lambda p, y: float(np.mean([score(a > 0.5, b == 1) for a, b in zip(p.T, y.T)]))  # noqa: B905


def _precision(said: np.ndarray, right: np.ndarray) -> float:
    return float(np.mean(right[said])) if said.any() else 0.0


def _recall(said: np.ndarray, right: np.ndarray) -> float:
    return _precision(right, said)


def _f1(said: np.ndarray, right: np.ndarray) -> float:
    p, r = _precision(said, right), _recall(said, right)
    return 2 * p * r / (p + r) if p + r else 0.0


def _auc_of_questions(p: np.ndarray, y: np.ndarray) -> float:
    pairs = (np.stack([1 - a, a], axis=1) for a in p.T)
    return float(np.mean([auc(a, b) for a, b in zip(pairs, y.T.astype(int), strict=True)]))


OF_YES_OR_NO: dict[str, Metric] = {
    "accuracy": lambda p, y: float(np.mean((p > 0.5) == (y == 1))),
    "precision": _questions(_precision), "recall": _questions(_recall), "f1": _questions(_f1),
    "auc": _auc_of_questions,
    "iou": lambda p, y: float(np.sum((p > 0.5) & (y == 1)) / np.sum((p > 0.5) | (y == 1))),
    "dice": lambda p, y: float(2 * np.sum((p > 0.5) & (y == 1)) / (np.sum(p > 0.5) + y.sum())),
    "loss": lambda p, y: float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))),
}  # fmt: skip


# Of a score for what was seen, and those of the others beside it: (groups, scores), it first.


def _ranks(scores: np.ndarray) -> list[int]:
    return [sum(other >= own[0] for other in own[1:]) for own in scores]


OF_GROUPS: dict[str, Callable[[np.ndarray, int], float]] = {
    "hitratio": lambda x, first: float(np.mean([rank < first for rank in _ranks(x)])),
    "ndcg": lambda x, first: float(
        np.mean([1 / np.log2(2 + rank) if rank < first else 0 for rank in _ranks(x)])
    ),
}

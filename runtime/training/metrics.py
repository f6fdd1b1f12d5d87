"""Validation metrics from a net's outputs, whoever has the images."""

import numpy as np
from numpy.typing import NDArray

_HUGE = 2.0**24  # a loss that counts as infinite
_FRACTION = 2.0**38
_TOTALS = 7  # numbers that are no class's
TOP5_CLASSES = 6  # of five classes, the first five are all


def tally(
    outputs: NDArray[np.float32], labels: NDArray[np.int32], logarithmic: bool
) -> NDArray[np.int64]:
    """What is counted of some images; the tallies of all of them can be added in any order.

    `outputs` is (count, classes), log-probabilities or probabilities. An image counts for top k
    if fewer than k classes are ahead of its own; NaN is never right. The losses (negative
    log-likelihood) are summed exactly, their whole parts and their fractions. Behind these are
    counted, for each class, the images that are of it, and those that are taken for it.
    """
    count, classes = outputs.shape
    values = outputs.astype(np.float64)
    own = values[np.arange(count), labels][:, None]
    with np.errstate(divide="ignore"):
        losses = (-own if logarithmic else -np.log(own))[:, 0]
    earlier = np.arange(classes)[None, :] < labels[:, None]
    ahead = ((values > own) | ((values == own) & earlier)).sum(axis=1)
    valid = ~np.isnan(values).any(axis=1)
    huge = ~(np.abs(losses) < _HUGE)
    losses = np.where(huge, 0.0, losses)
    whole = np.floor(losses)
    fraction = np.rint((losses - whole) * _FRACTION).astype(np.int64)
    hits = ((ahead < 1) & valid).sum(), ((ahead < 5) & valid).sum()
    ends = whole.astype(np.int64).sum(), fraction.sum(), huge.sum(), (~valid).sum()
    own_counts = np.bincount(labels, minlength=classes)
    predicted = np.bincount(values.argmax(axis=1)[valid], minlength=classes)
    return np.array([count, *hits, *ends, *own_counts, *predicted], np.int64)


def by_class(tallied: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """Of each class, how many images are of it, and how many are taken for it."""
    own, predicted = tallied[_TOTALS:].reshape(2, -1)
    return own.tolist(), predicted.tolist()


def broken(tallied: NDArray[np.int64]) -> bool:
    """Whether the outputs of an image are not numbers."""
    return bool(tallied[6])


def metrics_of(tallied: NDArray[np.int64], classes: int) -> dict[str, float]:
    """Mean loss, top1 and, with more than five classes, top5."""
    count, top1, top5, whole, fraction, huge, invalid = (int(value) for value in tallied[:_TOTALS])
    loss = (whole + fraction / _FRACTION) / count
    if huge:
        loss = float("nan") if invalid else float("inf")
    metrics = {"loss": loss, "top1": top1 / count}
    if classes >= TOP5_CLASSES:
        metrics["top5"] = top5 / count
    return metrics


def measure(
    outputs: NDArray[np.float32], labels: NDArray[np.int32], logarithmic: bool
) -> dict[str, float]:
    """The metrics of images that are all at hand."""
    return metrics_of(tally(outputs, labels, logarithmic), outputs.shape[1])

"""Validation metrics from a net's outputs."""

import numpy as np
from numpy.typing import NDArray


def measure(
    outputs: NDArray[np.float32], labels: NDArray[np.int32], logarithmic: bool
) -> dict[str, float]:
    """Mean loss (negative log-likelihood), top1 and, with more than five classes, top5.

    `outputs` is (count, classes), log-probabilities or probabilities. An image counts for top k
    if fewer than k classes are ahead of its own; NaN is never right.
    """
    count, classes = outputs.shape
    values = outputs.astype(np.float64)
    own = values[np.arange(count), labels][:, None]
    with np.errstate(divide="ignore"):
        losses = -own if logarithmic else -np.log(own)
    earlier = np.arange(classes)[None, :] < labels[:, None]
    ahead = ((values > own) | ((values == own) & earlier)).sum(axis=1)
    valid = ~np.isnan(values).any(axis=1)
    metrics = {"loss": float(losses.mean()), "top1": float(((ahead < 1) & valid).mean())}
    if classes > 5:
        metrics["top5"] = float(((ahead < 5) & valid).mean())
    return metrics

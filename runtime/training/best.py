"""The best weights so far: those of the validation with the best value of a metric."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.metrics import metric_called
from lenet.runtime.records.checkpoint import damaged
from lenet.runtime.training.arguments import problem_of

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Best:
    """The `weights`, flat, after an `iteration`; their `score` by a `metric` is larger where it is
    better."""

    metric: str
    score: float
    weights: Floats
    iteration: int

    @property
    def said(self) -> list[Any]:
        """For a checkpoint, beside the weights."""
        return [self.metric, self.score, self.iteration]

    @classmethod
    def of(cls, said: Any, weights: Floats | None, metric: str, count: int) -> "Best | None":
        """What a checkpoint says of `count` weights, if anything, and if by this metric; LenetError
        where that is damaged."""
        if said is None or weights is None:
            return None
        try:
            own, score, iteration = str(said[0]), float(said[1]), int(said[2])
        except (LookupError, TypeError, ValueError, OverflowError):
            raise damaged("It does not say how good the net was at best.") from None
        if problem := problem_of(weights, count):
            raise damaged(f"Its best weights are {problem}.")
        return cls(own, score, weights, iteration) if own == metric else None


def better(
    best: Best | None, metric: str, found: dict[str, Any], weights: Floats, iteration: int
) -> Best | None:
    """The better one of the best so far and of what was just measured; the earlier of equals.
    Where the metric cannot be measured, none is."""
    if metric not in found:
        return best
    score = metric_called(metric).score(found[metric])
    if best is not None and not score > best.score:
        return best
    return Best(metric, score, weights.copy(), iteration)

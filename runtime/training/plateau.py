"""How often a metric has stalled, for a learning rate that falls then."""

import math
from typing import Any

from lenet.dsl.metrics import METRICS
from lenet.dsl.training.values import Rate
from lenet.runtime.records.checkpoint import damaged


class Plateau:
    """Of the metric that a rate watches, if it watches any, by the validations at the ends of
    epochs: `stalled` counts how often it was not better for so many epochs."""

    def __init__(self, rate: Rate | None) -> None:
        schedule = rate.schedule if rate is not None and rate.watched else None
        self.metric = rate.watched if rate is not None else ""
        self.patience = schedule["after"].count if schedule is not None else 0
        self.best, self.since, self.stalled = -math.inf, 0, 0

    @property
    def state(self) -> list[float | int | None]:
        """For a checkpoint."""
        return [None if math.isinf(self.best) else self.best, self.since, self.stalled]

    def restore(self, state: Any) -> None:
        """What a checkpoint knows, if anything; LenetError where it is damaged."""
        if state is None or not self.metric:
            return
        try:
            best, since, stalled = state
            self.best = -math.inf if best is None else float(best)
            self.since, self.stalled = int(since), int(stalled)
            if self.since < 0 or not 0 <= self.stalled < 10**6:
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            raise damaged("It does not say how often the rate has fallen.") from None

    def see(self, metrics: dict[str, Any], epoch: int) -> None:
        """What was measured at the end of an epoch."""
        if self.metric not in metrics:
            return
        score = METRICS[self.metric].score(metrics[self.metric])
        if score > self.best:
            self.best, self.since = score, epoch
        elif epoch - self.since >= self.patience:
            self.stalled, self.since = self.stalled + 1, epoch

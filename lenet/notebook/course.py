"""The course of a training while it goes on, as curves."""

from typing import Any

from lenet.pages.curves import chart
from lenet.runtime.events import EpochDone, Event, IterationDone, Started

_MOST = 300  # points of the batches' curve; up to twice as many, before it is thinned


class Course:
    """Takes a run's events. Of the batches it keeps means of several, as many as it takes."""

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.batches: list[tuple[float, float]] = []
        self._each = 1  # so many batches are one point
        self._waiting: list[tuple[float, float]] = []

    def take(self, event: Event) -> None:
        """Anything else than batches, epochs and a new beginning is passed by."""
        if isinstance(event, IterationDone):
            self._batch(event.epoch - 1 + event.step / max(1, event.steps), event.loss)
        elif isinstance(event, EpochDone):
            self.history.append(event.as_dict())
        elif isinstance(event, Started):  # also where a worker was lost: what follows comes again
            self.history = [e for e in self.history if e["iteration"] <= event.iteration]
            reached = self.history[-1]["epoch"] if self.history else 0
            self.batches = [point for point in self.batches if point[0] <= reached]
            self._waiting = []

    def _batch(self, epoch: float, loss: float) -> None:
        self._waiting.append((epoch, loss))
        if len(self._waiting) < self._each:
            return
        self.batches.append(_mean(self._waiting))
        self._waiting = []
        if len(self.batches) == 2 * _MOST:
            self._each *= 2
            pairs = zip(self.batches[::2], self.batches[1::2], strict=True)
            self.batches = [_mean(list(pair)) for pair in pairs]

    def curves(self) -> str:
        """HTML; "" before there is anything to draw."""
        charts = chart("loss", self.history, self.batches), chart("validation", self.history)
        if not any(charts):
            return ""
        return f'<div style="display:flex;flex-wrap:wrap;gap:8px 24px">{"".join(charts)}</div>'


def _mean(points: list[tuple[float, float]]) -> tuple[float, float]:
    return points[-1][0], sum(loss for _, loss in points) / len(points)

"""The learning rate over a training, by the schedules of the language."""

from dataclasses import dataclass

from lenet.dsl.lower.reader import Duration
from lenet.dsl.rates import RATES
from lenet.dsl.training.values import Rate
from lenet.dsl.vocabulary import carried_out


@dataclass(frozen=True)
class Progress:
    """How far a training is: in the `iteration`, counted from 0, of `total` (0 where nobody knows),
    of which the first `warmup` only climb; an epoch has `steps`. What is watched has `stalled` so
    many times."""

    iteration: int
    steps: int
    total: int
    warmup: int = 0
    stalled: int = 0

    @property
    def done(self) -> float:
        """The part of the training behind the warm-up that is over."""
        behind = (self.iteration - self.warmup) / max(1, self.total - self.warmup)
        return min(1.0, max(0.0, behind))

    def iterations(self, duration: Duration) -> int:
        """So many as a duration has."""
        return duration.count * (self.steps if duration.unit == "epochs" else 1)


def rate_at(rate: Rate, iteration: int, steps: int = 1, total: int = 0, stalled: int = 0) -> float:
    """The rate of an iteration, counted from 0; an epoch has `steps`, the training `total`. What it
    watches has `stalled` so many times."""
    length = steps if rate.unit == "epochs" else 1
    value = rate.bases[sum(iteration >= change * length for change in rate.changes)]
    progress = _progress(rate, iteration, steps, total, stalled)
    climbs = 0.0
    if rate.schedule is not None:
        climbs = RATES[rate.schedule.name].climbs
        value = carried_out(__name__, rate.schedule.name).at(value, rate.schedule, progress)
    if iteration < progress.warmup and not climbs:
        value = value * (iteration + 1) / progress.warmup
    return float(value)


def momentum_at(rate: Rate, iteration: int, steps: int = 1, total: int = 0) -> float | None:
    """The optimizer's momentum in an iteration, where the schedule changes it."""
    if rate.schedule is None or not rate.momentum:
        return None
    progress = _progress(rate, iteration, steps, total)
    return float(carried_out(__name__, rate.schedule.name).momentum(rate.schedule, progress))


def _progress(rate: Rate, iteration: int, steps: int, total: int, stalled: int = 0) -> Progress:
    """With the warm-up of the line, or that of a schedule that climbs by itself."""
    warmup = 0
    if rate.warmup is not None:
        warmup = Progress(iteration, steps, total).iterations(rate.warmup)
    elif rate.schedule is not None:
        warmup = round(RATES[rate.schedule.name].climbs * total)
    return Progress(iteration, steps, total, warmup, stalled)

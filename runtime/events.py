"""What happens in a run, as values. docs/events.md tells its watchers what each of them means, and
in which units; there, and wherever else events leave Python, they are dicts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """`kind` is the key `event` of its dict, whose other keys are the fields in their order."""

    kind: ClassVar[str]

    def as_dict(self) -> dict[str, Any]:
        """What JSON and watchers get."""
        return {"event": self.kind, **vars(self)}


Watch = Callable[[Event], None]


@dataclass(frozen=True)
class SparkStarted(Event):
    """A session was started for the run."""

    kind = "spark"
    master: str
    seconds: float


@dataclass(frozen=True)
class DataCounted(Event):
    """The images are found and counted, and fit the net. `answers` that are no classes have a
    `mean` and a `deviation`. `encoded` tells why images stay so until they are due; "" where they
    lie decoded in the memory. Of a table, `what` are rows or windows, and `guesses` are the metrics
    of the simplest answers."""

    kind = "data"
    name: str
    rows: int
    held_out: int
    classes: Mapping[str, int]
    held_out_classes: Mapping[str, int]
    least: float
    most: float
    mean: float
    constant: int
    left_out: int
    answers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    encoded: str = ""
    what: str = "images"
    guesses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class StartedFrom(Event):
    """The training begins with tensors of another model; those that are `anew` do not. `names` is
    the file that says what they are called there, "" where they are called as here."""

    kind = "from"
    path: str
    taken: int
    anew: list[str]
    names: str = ""


@dataclass(frozen=True)
class Started(Event):
    """The training begins, or goes on; `workers` have rank, host and process."""

    kind = "start"
    iteration: int
    workers: list[dict[str, Any]]


@dataclass(frozen=True)
class Compiled(Event):
    """The kernels are ready, after so many seconds."""

    kind = "compiled"
    seconds: float
    cached: bool


@dataclass(frozen=True)
class IterationDone(Event):
    """A batch is done; counts begin at 1. Only classes have a `top1`."""

    kind = "iteration"
    epoch: int
    iteration: int
    step: int
    steps: int
    loss: float
    top1: float | None
    rate: float
    images_per_second: float


@dataclass(frozen=True)
class Histogram(Event):
    """The values of one tensor, of the "parameters" or the "gradients"; `limits` are the upper ones
    of the bins, in which `counts` lie."""

    kind = "parameters"
    iteration: int
    name: str
    min: float
    max: float
    count: int
    sum: float
    sum_of_squares: float
    limits: list[float]
    counts: list[int]
    of: str = "parameters"


@dataclass(frozen=True)
class Sampled(Event):
    """Training images as the net gets them from an `iteration` on, with their `classes`, in the
    order of these. `shape` is (count, height, width), or has 3 for RGB behind these; `pixels` are
    the bytes in base64."""

    kind = "images"
    epoch: int
    iteration: int
    classes: list[str]
    shape: list[int]
    pixels: str


@dataclass(frozen=True)
class Validated(Event):
    """The held-out images were tried within an epoch."""

    kind = "validation"
    epoch: int
    iteration: int
    validation: Mapping[str, Any]


@dataclass(frozen=True)
class EpochDone(Event):
    """An epoch is done; `validation` is empty where it was not due."""

    kind = "epoch"
    epoch: int
    iteration: int
    loss: float
    top1: float | None
    rate: float
    images_per_second: float
    seconds: float
    validation: Mapping[str, Any]


@dataclass(frozen=True)
class CheckpointKept(Event):
    """`elsewhere` is a folder, where the run's own cannot be written, or empty."""

    kind = "checkpoint"
    iteration: int
    elsewhere: str


@dataclass(frozen=True)
class Predictions(Event):
    """What was counted at the last validation, by class; of answers that are no classes, the part
    of what could be explained that is (`gained`)."""

    kind = "predictions"
    classes: list[int]
    predicted: list[int]
    hits: int
    gained: float | None = None


@dataclass(frozen=True)
class StageFailed(Event):
    """The Spark stage is tried again from the newest checkpoint."""

    kind = "failed"
    detail: str


@dataclass(frozen=True)
class Warned(Event):
    """Something odd, which does not stop the training, and what may mend it."""

    kind = "warning"
    text: str
    fix: str = ""


@dataclass(frozen=True)
class FoldBegun(Event):
    """Of a cross-validation with so many `folds`, the training begins that one is held out of; the
    `fold` is 0 for the training of all rows at the end."""

    kind = "fold"
    fold: int
    folds: int


@dataclass(frozen=True)
class FoldDone(Event):
    """It is over; `validation` are the numbers that its model has on the fold."""

    kind = "fold_done"
    fold: int
    folds: int
    epochs: int
    validation: Mapping[str, float]


_KINDS = {event.kind: event for event in Event.__subclasses__()}


def event_of(said: Mapping[str, Any]) -> Event:
    """The event of a dict that `as_dict` has made, also where it was JSON meanwhile; ValueError for
    any other."""
    kind = _KINDS.get(said["event"])
    if kind is None or {field.name for field in fields(kind)} != said.keys() - {"event"}:
        raise ValueError(f"there is no event like {str(said)[:100]}")
    return kind(**{key: value for key, value in said.items() if key != "event"})

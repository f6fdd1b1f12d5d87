"""What the section `train` says, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lenet.dsl.lower.reader import Duration
from lenet.dsl.metrics import METRICS, named, usual_metrics
from lenet.dsl.optimizers import usual_optimizer
from lenet.dsl.rates import RATES
from lenet.dsl.syntax.tree import Span
from lenet.dsl.vocabulary import Use

WARMUP = "warmup"


@dataclass(frozen=True)
class Rate:
    """The learning rate over time, which runtime/rates computes.

    `bases[k]` is in force from `changes[k - 1]` on; it falls as the `schedule` says, and climbs in
    a straight line during `warmup`.
    """

    bases: tuple[float, ...]
    changes: tuple[int, ...] = ()
    unit: str = "iterations"
    schedule: Use | None = None
    warmup: Duration | None = None

    @property
    def needs_an_end(self) -> bool:
        """Whether it follows from the length of the training, which must then be known."""
        if self.schedule is None:
            return False
        entry = RATES[self.schedule.name]
        return entry.needs_an_end and not (entry.endless and self.schedule[entry.endless])

    @property
    def watched(self) -> str:
        """The metric whose stalling lowers it, if any does."""
        name = RATES[self.schedule.name].watches if self.schedule is not None else ""
        return str(self.schedule[name]) if self.schedule is not None and name else ""

    @property
    def momentum(self) -> tuple[float, ...]:
        """The optimizer's momentum at the ends of a cycle, and at its peak, if it changes."""
        name = RATES[self.schedule.name].cycles if self.schedule is not None else ""
        return tuple(self.schedule[name]) if self.schedule is not None and name else ()

    @property
    def facts(self) -> dict[str, Any]:
        """What it says that is not so by default."""
        found: dict[str, Any] = {"bases": self.bases}
        if self.changes:
            found |= {"changes": self.changes}
        if self.unit != Rate.unit:
            found |= {"unit": self.unit}
        if self.schedule is not None:
            found |= RATES[self.schedule.name].facts(self.schedule)
        return found if self.warmup is None else {**found, WARMUP: self.warmup}


@dataclass(frozen=True)
class Stop:
    """`stop when`: a metric of the validation rises above or falls below a value, or has not
    become better, `by` more than so much, for some epochs ("stalls"); and the `others` hold."""

    metric: Use
    when: str
    value: float = 0.0
    epochs: int = 0
    by: float = 0.0
    others: tuple["Stop", ...] = ()

    @property
    def all(self) -> tuple["Stop", ...]:
        """All conditions that have to hold at once."""
        return (self, *self.others)


@dataclass(frozen=True)
class Clip:
    """No gradient is longer than `most` ("norm", the Euclidean one of all that is trained), or has
    a value beyond it ("value")."""

    kind: Literal["norm", "value"]
    most: float


@dataclass(frozen=True)
class Start:
    """The training begins with the tensors of a file; those of the layers `anew` do not. The file
    `names` says which names they have there, if not "". `spans` are the places of `anew`."""

    path: str
    anew: tuple[str, ...] = ()
    names: str = ""
    spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Teach:
    """Another model teaches: its answers, softened by the `temperature`, have a `share` of the
    loss. `span` is the place of the line."""

    path: str
    temperature: float = 4.0
    share: float = 0.9
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Prune:
    """A `share` of the weights is 0 from the beginning on: of all layers, or of `each`."""

    share: float
    each: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Train:
    """`stop` is None where only `stop_when` or so many `seconds`, if not 0, end the training.
    `freeze` are names of layers, blocks and repeats whose parameters stay as they are,
    `freeze_spans` the places of these names. The model is that of the validation with the best
    value of the metric `keep`, or of the end. `metric_places` are all metrics that the section
    asks for, as they stand there."""

    loss: Use | None = None
    optimizer: Use = field(default_factory=usual_optimizer)
    rate: Rate | None = None
    batch: int = 128
    stop: Duration | None = Duration(10, "epochs")
    seconds: float = 0.0
    stop_when: tuple[Stop, ...] = ()
    metrics: tuple[Use, ...] = field(default_factory=usual_metrics)
    validate_every: Duration = Duration(1, "epochs")
    checkpoint: Duration | None = None
    logs: tuple[tuple[str, Duration], ...] = ()
    seed: int = 1
    clip: Clip | None = None
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float = 0.0
    keep: Use | None = None
    start: Start | None = None
    teach: Teach | None = None
    prune: Prune | None = None
    freeze: tuple[str, ...] = ()
    freeze_spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)
    metric_places: tuple[tuple[Use, Span], ...] = field(default=(), compare=False, repr=False)
    loss_span: Span | None = field(default=None, compare=False, repr=False)
    stop_span: Span | None = field(default=None, compare=False, repr=False)
    rate_span: Span | None = field(default=None, compare=False, repr=False)

    def iterations(self, steps: int) -> int:
        """How many there are at most, with so many in an epoch; 0 where nothing but a metric ends
        the training."""
        if self.stop is None:
            return 0
        return self.stop.count * (steps if self.stop.unit == "epochs" else 1)

    @property
    def judged_by(self) -> str:
        """The name of the metric whose best value makes the best weights: that of `keep`, or the
        first of `validate` that is a number."""
        numbers = (use for use in self.metrics if not METRICS[use.name].table)
        return named(self.keep or next(numbers))

    @property
    def measured(self) -> tuple[Use, ...]:
        """All metrics that a validation has to measure."""
        rules = (condition.metric for rule in self.stop_when for condition in rule.all)
        watched = self.rate.watched if self.rate is not None else ""
        others = [METRICS[watched].use()] if watched else []
        return (*self.metrics, *rules, *([self.keep] if self.keep else []), *others)

    def freezes(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Whether a layer keeps its trained tensors as they are: so its line says, or `freeze`, of
        it or of a block or repeat that it is in."""
        inside = any(name == frozen or name.startswith(f"{frozen}.") for frozen in self.freeze)
        return inside or bool(arguments.get("frozen"))

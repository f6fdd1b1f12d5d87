"""The section `train`: how the net is trained."""

from dataclasses import dataclass, field, replace
from typing import Any

from lenet.dsl.losses import LOSSES
from lenet.dsl.lower.reader import TIMES, Duration, Reader
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.metrics import METRICS, usual_metrics
from lenet.dsl.optimizers import OPTIMIZERS, usual_optimizer
from lenet.dsl.rates import RATES
from lenet.dsl.sections import Section, SectionLine, bare_head, by_name, read_lines
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.vocabulary import Use

_LOGGED = {
    "loss": "the mean of the loss over the images of a step",
    "rate": "the learning rate of an iteration",
    "throughput": "images in a second, over all workers",
    "parameters": "histograms of what is trained, for TensorBoard; in `expect`, its number",
}
_CONDITIONS = {
    "above": "the training ends when the metric is larger than this",
    "below": "the training ends when the metric is smaller than this",
    "stalls": "the training ends when the metric has not become better for so many epochs, as in "
    "`stop when loss stalls for 3 epochs`",
}
_EVERY = {**TIMES, "every": "how often, as in `every epoch` or `every 50 iterations`"}
_WARMUP = "warmup"


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
        return self.schedule is not None and RATES[self.schedule.name].needs_an_end

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
        return found if self.warmup is None else {**found, _WARMUP: self.warmup}


@dataclass(frozen=True)
class Stop:
    """`stop when`: a metric of the validation rises above or falls below a value, or has not
    become better, `by` more than so much, for some epochs ("stalls")."""

    metric: str
    when: str
    value: float = 0.0
    epochs: int = 0
    by: float = 0.0


@dataclass(frozen=True)
class Train:
    """`stop` is None where only `stop_when` ends the training."""

    loss: Use | None = None
    optimizer: Use = field(default_factory=usual_optimizer)
    rate: Rate | None = None
    batch: int = 128
    stop: Duration | None = Duration(10, "epochs")
    stop_when: tuple[Stop, ...] = ()
    metrics: tuple[str, ...] = field(default_factory=usual_metrics)
    validate_every: Duration = Duration(1, "epochs")
    checkpoint: Duration | None = None
    logs: tuple[tuple[str, Duration], ...] = ()
    seed: int = 1
    loss_span: Span | None = field(default=None, compare=False, repr=False)
    stop_span: Span | None = field(default=None, compare=False, repr=False)
    rate_span: Span | None = field(default=None, compare=False, repr=False)

    def iterations(self, steps: int) -> int:
        """How many there are at most, with so many in an epoch; 0 where nothing but a metric ends
        the training."""
        if self.stop is None:
            return 0
        return self.stop.count * (steps if self.stop.unit == "epochs" else 1)


def _loss(reader: Reader, train: Train) -> Train:
    span = reader.items[0].span if reader.items else reader.line.span
    return replace(train, loss=reader.use(reader.entry("loss", LOSSES)), loss_span=span)


def _optimizer(reader: Reader, train: Train) -> Train:
    return replace(train, optimizer=reader.use(reader.entry("optimizer", OPTIMIZERS)))


def _rate(reader: Reader, train: Train) -> Train:
    def base() -> float:
        return reader.real("the rate", 1e-12, 3e38)

    bases = [base()]
    while reader.items and reader.is_number():
        bases.append(base())
    rate = Rate(tuple(bases))
    if len(bases) > 1:
        reader.expect("at")
        changes, unit = reader.durations()
        if len(changes) != len(bases) - 1 or sorted(set(changes)) != list(changes):
            raise reader.refuse(reader.line.span)
        rate = replace(rate, changes=changes, unit=unit)
    while reader.items:
        place = reader.items[0].span
        if rate.warmup is None and reader.accept(_WARMUP):
            rate = replace(rate, warmup=reader.duration())
            continue
        entry = reader.entry("way to change the rate", RATES, (_WARMUP,))
        if rate.schedule is not None:
            raise reader.refuse(place)
        rate = replace(rate, schedule=reader.use(entry, (_WARMUP, *RATES)))
    return replace(train, rate=rate, rate_span=reader.line.span)


def _batch(reader: Reader, train: Train) -> Train:
    return replace(train, batch=int(reader.size("the batch")))


def _stop(reader: Reader, train: Train) -> Train:
    if reader.accept("after"):
        if train.stop_span is not None:
            raise Refused(messages.key_twice(reader.line.span, "stop after", train.stop_span))
        return replace(train, stop=reader.duration(), stop_span=reader.line.span)
    reader.expect("when")
    metric = reader.entry("metric", METRICS).name
    how = reader.word("condition", tuple(_CONDITIONS))
    if how == "stalls":
        reader.expect("for")
        duration = reader.duration()
        if duration.unit != "epochs":
            raise reader.refuse(reader.line.span)
        by = reader.real("the improvement") if reader.accept("by") else 0.0
        stop = Stop(metric, how, epochs=duration.count, by=by)
    else:
        stop = Stop(metric, how, reader.real(f"the {metric}"))
    # Unless a line says `stop after`, this alone ends the training.
    after = None if train.stop is Train.stop else train.stop
    return replace(train, stop=after, stop_when=(*train.stop_when, stop))


def _validate(reader: Reader, train: Train) -> Train:
    metrics = []
    while reader.items and reader.peek() != "every":
        metrics.append(reader.entry("metric", METRICS).name)
    if not metrics:
        raise reader.refuse()
    return replace(train, metrics=tuple(dict.fromkeys(metrics)), validate_every=reader.every())


def _checkpoint(reader: Reader, train: Train) -> Train:
    return replace(train, checkpoint=reader.every())


def _log(reader: Reader, train: Train) -> Train:
    what = reader.word("quantity to log", tuple(_LOGGED))
    every = reader.every() if reader.items else Duration(1, "iterations")
    return replace(train, logs=(*(log for log in train.logs if log[0] != what), (what, every)))


def _seed(reader: Reader, train: Train) -> Train:
    return replace(train, seed=int(reader.size("the seed", least=0)))


_LINES = (
    SectionLine(
        name="loss",
        summary="what the training makes small; without this line, what the last layer calls for",
        example="loss nll",
        aliases=("criterion",),
        read=_loss,
    ),
    SectionLine(
        name="optimizer",
        summary="how a gradient changes the parameters",
        example="optimizer sgd momentum 0.9 nesterov weight_decay 0.0005",
        aliases=("solver",),
        read=_optimizer,
    ),
    SectionLine(
        name="rate",
        summary="the learning rate, and how it changes; or several, `rate 0.1 0.01 at 30 epochs`; "
        "each also with `warmup 5 epochs`",
        example="rate 0.4 decay 0.0002",
        aliases=("lr", "learning_rate", "learningrate"),
        terms={
            **TIMES,
            "at": "when the rate changes, as in `rate 0.1 0.01 at 30 epochs`",
            _WARMUP: "how long the rate climbs in a straight line at the beginning, as in `warmup "
            "5 epochs`",
        },
        read=_rate,
    ),
    SectionLine(
        name="batch",
        summary="images in one step, over all workers",
        example="batch 2048",
        aliases=("batch_size", "batchsize"),
        read=_batch,
    ),
    SectionLine(
        name="stop",
        summary="when the training ends; or by a metric of the validation, `stop when top1 above "
        "0.99`, `stop when loss stalls for 3 epochs`",
        example="stop after 20 epochs",
        aliases=("epochs", "max_epochs"),
        terms={
            **TIMES,
            **_CONDITIONS,
            "after": "the length of the training, as in `stop after 20 epochs`",
            "when": "the training ends early by a metric, as in `stop when top1 above 0.99`",
            "for": "how long a metric may stall, as in `stalls for 3 epochs`",
            "by": "what counts as better, as in `stalls for 3 epochs by 0.001`: more than this",
        },
        read=_stop,
        repeatable=True,
    ),
    SectionLine(
        name="validate",
        summary="what is measured on the validation images, and how often",
        example="validate top1 loss every epoch",
        terms=_EVERY,
        read=_validate,
    ),
    SectionLine(
        name="checkpoint",
        summary="keep the state of the training, to go on from it; without this line, at the end "
        "of an epoch, every ten seconds at most",
        example="checkpoint every epoch",
        aliases=("save",),
        terms=_EVERY,
        read=_checkpoint,
    ),
    SectionLine(
        name="log",
        summary="write loss, rate, throughput, or histograms of the parameters for TensorBoard",
        example="log parameters every 50 iterations",
        terms={**_EVERY, **_LOGGED},
        read=_log,
        repeatable=True,
    ),
    SectionLine(
        name="seed",
        summary="the same seed gives the same weights, bit for bit",
        example="seed 1",
        aliases=("random_seed",),
        read=_seed,
    ),
)


def read_train(line: Line, constants: Constants) -> tuple[Train, list[Diagnostic]]:
    """The section and all mistakes in it."""
    problems = bare_head(line, SECTION)
    count = len(problems)
    train: Train = read_lines(line, SECTION, SECTION.blank, constants, problems)
    unreadable = any(isinstance(s, Line) and not s.keyword.text for s in line.body)
    if train.rate is None and len(problems) == count and not unreadable:
        span = line.keyword.span
        problems.append(messages.missing_key(span, "train", "rate", "rate 0.1"))
    if train.rate is not None and train.rate.needs_an_end and train.stop is None:
        problems.append(messages.rate_without_end(train.rate_span or line.span))
    return replace(train, loss_span=train.loss_span or line.keyword.span), problems


SECTION = Section(
    name="train",
    summary="how the net is trained",
    example="train",
    lines=by_name(_LINES),
    blank=Train(),
    read=read_train,
)

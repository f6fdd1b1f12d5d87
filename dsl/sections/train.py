"""The section `train`: how the net is trained."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lenet.dsl.losses import LOSSES
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.optimizers import OPTIMIZERS, usual_optimizer
from lenet.dsl.sections.reader import Duration, Reader, read_keys
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.vocabulary import Use

METRICS = ("top1", "top5", "loss")
LOGGED = ("loss", "rate", "throughput", "parameters")
RATE_CHANGES = ("decay", "cosine", "warmup")
CONDITIONS = ("above", "below", "stalls")

# Words of other frameworks for ours.
METRIC_ALIASES = {"accuracy": "top1", "acc": "top1", "top1accuracy": "top1", "val_loss": "loss"}
KEY_ALIASES = {"lr": "rate", "learning_rate": "rate", "learningrate": "rate", "batch_size": "batch",
               "batchsize": "batch", "epochs": "stop", "max_epochs": "stop", "criterion": "loss",
               "solver": "optimizer", "save": "checkpoint", "random_seed": "seed"}  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """The learning rate over time.

    `bases[k]` is in force from `changes[k - 1]` on, divided by 1 + decay * iteration; it climbs in
    a straight line during `warmup`, and falls in half a cosine from there to the end if `cosine`.
    """

    bases: tuple[float, ...]
    decay: float = 0.0
    changes: tuple[int, ...] = ()
    unit: str = "iterations"
    cosine: bool = False
    warmup: Duration | None = None

    @property
    def needs_an_end(self) -> bool:
        """Whether it follows from the length of the training, which must then be known."""
        return self.cosine

    def at(self, iteration: int, steps: int = 1, total: int = 0) -> float:
        """In the iteration, counted from 0; an epoch has `steps`, the whole training `total`."""
        length = steps if self.unit == "epochs" else 1
        base = self.bases[sum(iteration >= change * length for change in self.changes)]
        rate = base / (1 + self.decay * iteration)
        start = 0
        if self.warmup is not None:
            start = self.warmup.count * (steps if self.warmup.unit == "epochs" else 1)
            if iteration < start:
                return rate * (iteration + 1) / start
        if self.cosine:
            done = min(1.0, (iteration - start) / max(1, total - start))
            rate *= (1 + math.cos(math.pi * done)) / 2
        return rate


@dataclass(frozen=True)
class Stop:
    """`stop when`: a metric of the validation rises above or falls below a value, or has not
    become better for some epochs ("stalls")."""

    metric: str
    when: str
    value: float = 0.0
    epochs: int = 0


@dataclass(frozen=True)
class Train:
    """`stop` is None where only `stop_when` ends the training."""

    loss: str | None = None
    optimizer: Use = field(default_factory=usual_optimizer)
    rate: Rate | None = None
    batch: int = 128
    stop: Duration | None = Duration(10, "epochs")
    stop_when: tuple[Stop, ...] = ()
    metrics: tuple[str, ...] = ("top1", "loss")
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
    return replace(train, loss=reader.entry("loss", LOSSES).name, loss_span=span)


def _optimizer(reader: Reader, train: Train) -> Train:
    entry = reader.entry("optimizer", OPTIMIZERS)
    optimizer = entry.use(**reader.options(entry.name, entry.options))
    if not entry.fits(optimizer):
        raise reader.refuse(reader.line.span)
    return replace(train, optimizer=optimizer)


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
        word = reader.word("way to change the rate", RATE_CHANGES)
        if word == "decay" and not rate.decay and not rate.cosine:
            rate = replace(rate, decay=reader.real("the rate's decay"))
        elif word == "cosine" and not rate.cosine and not rate.decay:
            rate = replace(rate, cosine=True)
        elif word == "warmup" and rate.warmup is None:
            rate = replace(rate, warmup=reader.duration())
        else:
            raise reader.refuse(place)
    return replace(train, rate=rate, rate_span=reader.line.span)


def _batch(reader: Reader, train: Train) -> Train:
    return replace(train, batch=int(reader.size("the batch")))


def _stop(reader: Reader, train: Train) -> Train:
    if reader.accept("after"):
        if train.stop_span is not None:
            raise Refused(messages.key_twice(reader.line.span, "stop after", train.stop_span))
        return replace(train, stop=reader.duration(), stop_span=reader.line.span)
    reader.expect("when")
    metric = reader.word("metric", METRICS, METRIC_ALIASES)
    how = reader.word("condition", CONDITIONS)
    if how == "stalls":
        reader.expect("for")
        duration = reader.duration()
        if duration.unit != "epochs":
            raise reader.refuse(reader.line.span)
        stop = Stop(metric, how, epochs=duration.count)
    else:
        stop = Stop(metric, how, reader.real(f"the {metric}"))
    # Unless a line says `stop after`, this alone ends the training.
    after = None if train.stop is Train.stop else train.stop
    return replace(train, stop=after, stop_when=(*train.stop_when, stop))


def _validate(reader: Reader, train: Train) -> Train:
    metrics = []
    while reader.items and reader.peek() != "every":
        metrics.append(reader.word("metric", METRICS, METRIC_ALIASES))
    if not metrics:
        raise reader.refuse()
    return replace(train, metrics=tuple(dict.fromkeys(metrics)), validate_every=reader.every())


def _checkpoint(reader: Reader, train: Train) -> Train:
    return replace(train, checkpoint=reader.every())


def _log(reader: Reader, train: Train) -> Train:
    what = reader.word("quantity to log", LOGGED)
    every = reader.every() if reader.items else Duration(1, "iterations")
    return replace(train, logs=(*(log for log in train.logs if log[0] != what), (what, every)))


def _seed(reader: Reader, train: Train) -> Train:
    return replace(train, seed=int(reader.size("the seed", least=0)))


KEYS: dict[str, tuple[str, str, Callable[[Reader, Train], Train]]] = {
    "loss": (
        "loss nll",
        "nll after logsoftmax, crossentropy on plain scores, or map on the distances of rbf "
        "(LeCun 1998, equation 9, with j = 0.1)",
        _loss,
    ),
    "optimizer": (
        "optimizer sgd momentum 0.9 nesterov weight_decay 0.0005",
        "how a gradient changes the parameters; or `adam beta1 0.9 beta2 0.999 epsilon 1e-8`",
        _optimizer,
    ),
    "rate": (
        "rate 0.4 decay 0.0002",
        "the learning rate: 0.4 / (1 + 0.0002 * iteration); or `rate 0.1 0.01 at 30 epochs`, "
        "`rate 0.1 cosine`, each also with `warmup 5 epochs`",
        _rate,
    ),
    "batch": ("batch 2048", "images in one step, over all workers", _batch),
    "stop": (
        "stop after 20 epochs",
        "or a number of iterations; or `stop when top1 above 0.99`, `stop when loss stalls for 3 "
        "epochs`, as validated",
        _stop,
    ),
    "validate": (
        "validate top1 loss every epoch",
        "measure top1, top5 or loss on the validation images",
        _validate,
    ),
    "checkpoint": (
        "checkpoint every epoch",
        "keep the state of the training, to go on from it; without this line, at the end of an "
        "epoch, every ten seconds at most",
        _checkpoint,
    ),
    "log": (
        "log parameters every 50 iterations",
        "write loss, rate, throughput, or histograms of the parameters for TensorBoard",
        _log,
    ),
    "seed": ("seed 1", "the same seed gives the same weights, bit for bit", _seed),
}


def read_train(line: Line, constants: Constants) -> tuple[Train, list[Diagnostic]]:
    """The section and all mistakes in it."""
    problems: list[Diagnostic] = []
    if line.items or line.name or line.shape:
        problems.append(messages.bad_line(line.span, "train", "train"))
    count = len(problems)
    train = read_keys(
        line, "train", KEYS, Train(), constants, problems, repeatable=("log", "stop"),
        aliases=KEY_ALIASES,
    )  # fmt: skip
    unreadable = any(isinstance(s, Line) and not s.keyword.text for s in line.body)
    if train.rate is None and len(problems) == count and not unreadable:
        span = line.keyword.span
        problems.append(messages.missing_key(span, "train", "rate", "rate 0.1"))
    if train.rate is not None and train.rate.needs_an_end and train.stop is None:
        problems.append(messages.rate_without_end(train.rate_span or line.span))
    return replace(train, loss_span=train.loss_span or line.keyword.span), problems

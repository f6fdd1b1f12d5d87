"""The section `train`: how the net is trained."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dsl import messages
from dsl.diagnostics import Diagnostic
from dsl.sections.reader import Duration, Reader, read_keys
from dsl.syntax import Line, Span
from dsl.values import Constants

LOSSES = ("nll", "crossentropy")
METRICS = ("top1", "top5", "loss")
LOGGED = ("loss", "rate", "throughput", "parameters")


@dataclass(frozen=True)
class Optimizer:
    """Stochastic gradient descent, with PyTorch's convention for momentum."""

    name: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Rate:
    """`base / (1 + decay * iteration)`, the iteration counted from 0."""

    base: float
    decay: float = 0.0

    def at(self, iteration: int) -> float:
        return self.base / (1 + self.decay * iteration)


@dataclass(frozen=True)
class Train:
    loss: str | None = None
    optimizer: Optimizer = Optimizer()
    rate: Rate | None = None
    batch: int = 128
    stop: Duration = Duration(10, "epochs")
    metrics: tuple[str, ...] = ("top1", "loss")
    validate_every: Duration = Duration(1, "epochs")
    logs: tuple[tuple[str, Duration], ...] = ()
    seed: int = 1
    loss_span: Span | None = field(default=None, compare=False, repr=False)


def _loss(reader: Reader, train: Train) -> Train:
    span = reader.items[0].span if reader.items else reader.line.span
    aliases = {"cross_entropy": "crossentropy", "crossentropyloss": "crossentropy",
               "nllloss": "nll", "classnll": "nll", "classnllcriterion": "nll"}  # fmt: skip
    return replace(train, loss=reader.word("loss", LOSSES, aliases), loss_span=span)


def _optimizer(reader: Reader, train: Train) -> Train:
    optimizer = Optimizer(reader.word("optimizer", ("sgd",)))
    seen: set[str] = set()
    while reader.items:
        place = reader.items[0].span
        option = reader.word("option of sgd", ("momentum", "nesterov", "weight_decay"))
        if option in seen:
            raise reader.refuse(place)
        seen.add(option)
        if option == "momentum":
            optimizer = replace(optimizer, momentum=reader.real("the momentum", 0, 1))
        elif option == "weight_decay":
            optimizer = replace(optimizer, weight_decay=reader.real("the weight decay"))
        else:
            optimizer = replace(optimizer, nesterov=True)
    if optimizer.nesterov and not optimizer.momentum:
        raise reader.refuse(reader.line.span)  # there is nothing to look ahead with
    return replace(train, optimizer=optimizer)


def _rate(reader: Reader, train: Train) -> Train:
    base = reader.real("the rate", 1e-12, 3e38)
    decay = reader.real("the rate's decay") if reader.accept("decay") else 0.0
    return replace(train, rate=Rate(base, decay))


def _batch(reader: Reader, train: Train) -> Train:
    return replace(train, batch=int(reader.size("the batch")))


def _stop(reader: Reader, train: Train) -> Train:
    reader.expect("after")
    return replace(train, stop=reader.duration())


def _validate(reader: Reader, train: Train) -> Train:
    metrics = []
    while reader.items and reader.peek() != "every":
        metrics.append(reader.word("metric", METRICS, {"accuracy": "top1", "top1accuracy": "top1"}))
    if not metrics:
        raise reader.refuse()
    return replace(train, metrics=tuple(dict.fromkeys(metrics)), validate_every=reader.every())


def _log(reader: Reader, train: Train) -> Train:
    what = reader.word("quantity to log", LOGGED)
    every = reader.every() if reader.items else Duration(1, "iterations")
    return replace(train, logs=(*(log for log in train.logs if log[0] != what), (what, every)))


def _seed(reader: Reader, train: Train) -> Train:
    return replace(train, seed=int(reader.size("the seed", least=0)))


KEYS: dict[str, tuple[str, str, Callable[[Reader, Train], Train]]] = {
    "loss": ("loss nll", "nll after logsoftmax, or crossentropy on plain scores", _loss),
    "optimizer": (
        "optimizer sgd momentum 0.9 nesterov weight_decay 0.0005",
        "how a gradient changes the parameters",
        _optimizer,
    ),
    "rate": ("rate 0.4 decay 0.0002", "the learning rate: 0.4 / (1 + 0.0002 * iteration)", _rate),
    "batch": ("batch 2048", "images in one step, over all workers", _batch),
    "stop": ("stop after 20 epochs", "or a number of iterations", _stop),
    "validate": (
        "validate top1 loss every epoch",
        "measure top1, top5 or loss on the validation images",
        _validate,
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
    train = read_keys(line, "train", KEYS, Train(), constants, problems, repeatable=("log",))
    unreadable = any(isinstance(s, Line) and not s.keyword.text for s in line.body)
    if train.rate is None and len(problems) == count and not unreadable:
        span = line.keyword.span
        problems.append(messages.missing_key(span, "train", "rate", "rate 0.1"))
    return replace(train, loss_span=train.loss_span or line.keyword.span), problems

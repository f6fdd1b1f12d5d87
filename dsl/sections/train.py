"""The section `train`: how the net is trained."""

from dataclasses import replace

from lenet.dsl.losses import LOSSES
from lenet.dsl.lower.reader import EVERY, Duration, Reader
from lenet.dsl.lower.values import Constants
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.sections import Section, SectionLine, bare_head, by_name, read_lines
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.training.rate import RATE
from lenet.dsl.training.regularization import REGULARIZATION
from lenet.dsl.training.start import FREEZE, START
from lenet.dsl.training.stop import KEEP, STOP, VALIDATE
from lenet.dsl.training.values import Train

_LOGGED = {
    "loss": "the mean of the loss over the images of a step",
    "rate": "the learning rate of an iteration",
    "throughput": "images in a second, over all workers",
    "images": "training images of each class, as the net gets them, for TensorBoard: at the "
    "beginning, and then every so often; every epoch if that is not said",
    "gradients": "histograms of the mean gradients of a batch, for TensorBoard",
    "parameters": "histograms of what is trained, for TensorBoard; in `expect`, its number",
}

_USUAL = {"images": Duration(1, "epochs")}


def _loss(reader: Reader, train: Train) -> Train:
    span = reader.items[0].span if reader.items else reader.line.span
    return replace(train, loss=reader.use(reader.entry("loss", LOSSES)), loss_span=span)


def _optimizer(reader: Reader, train: Train) -> Train:
    return replace(train, optimizer=reader.use(reader.entry("optimizer", OPTIMIZERS)))


def _batch(reader: Reader, train: Train) -> Train:
    return replace(train, batch=int(reader.size("the batch")))


def _checkpoint(reader: Reader, train: Train) -> Train:
    return replace(train, checkpoint=reader.every())


def _log(reader: Reader, train: Train) -> Train:
    what = reader.word("quantity to log", tuple(_LOGGED))
    every = reader.every() if reader.items else _USUAL.get(what, Duration(1, "iterations"))
    return replace(train, logs=(*(log for log in train.logs if log[0] != what), (what, every)))


def _seed(reader: Reader, train: Train) -> Train:
    return replace(train, seed=int(reader.size("the seed", least=0)))


_LINES = (
    SectionLine(
        name="loss",
        summary="what the training makes small; without this line, what the last layer calls for",
        example="loss nll",
        aliases=("criterion",),
        words=LOSSES,
        read=_loss,
    ),
    SectionLine(
        name="optimizer",
        summary="how a gradient changes the parameters. Those rows of an embedding that no image "
        "of a batch names have a gradient of 0: running means and momentum go on without them",
        example="optimizer sgd momentum 0.9 nesterov weight_decay 0.0005",
        aliases=("solver",),
        words=OPTIMIZERS,
        read=_optimizer,
    ),
    RATE,
    SectionLine(
        name="batch",
        summary="images in one step, over all workers",
        example="batch 2048",
        aliases=("batch_size", "batchsize"),
        read=_batch,
    ),
    *REGULARIZATION,
    START,
    FREEZE,
    STOP,
    KEEP,
    VALIDATE,
    SectionLine(
        name="checkpoint",
        summary="keep the state of the training, to go on from it; without this line, at the end "
        "of an epoch, every ten seconds at most",
        example="checkpoint every epoch",
        aliases=("save",),
        terms=EVERY,
        read=_checkpoint,
    ),
    SectionLine(
        name="log",
        summary="write loss, rate, throughput, images, or histograms of the parameters or their "
        "gradients, for TensorBoard",
        example="log parameters every 50 iterations",
        terms={**EVERY, **_LOGGED},
        read=_log,
        repeatable=True,
    ),
    SectionLine(
        name="seed",
        summary="the same seed gives the same weights, bit for bit",
        example="seed 1",
        aliases=("random_seed",),
        compares=True,
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
    if train.rate is not None and train.rate.momentum:
        problems += _without_momentum(train, train.rate_span or line.span)
    return replace(train, loss_span=train.loss_span or line.keyword.span), problems


def _without_momentum(train: Train, span: Span) -> list[Diagnostic]:
    """The mistake of a rate that changes the momentum of an optimizer without one."""
    if train.rate is None or OPTIMIZERS[train.optimizer.name].momentum:
        return []
    known = [entry.name for entry in OPTIMIZERS.values() if entry.momentum]
    written = "momentum {:g} to {:g}".format(*train.rate.momentum)
    return [messages.no_momentum(span, train.optimizer.name, written, known)]


SECTION = Section(
    name="train",
    summary="how the net is trained",
    example="train",
    lines=by_name(_LINES),
    blank=Train(),
    read=read_train,
)

"""Progress of a run: bars on a terminal, plain lines in a pipe, objects with --json."""

import sys
import textwrap
from datetime import UTC, datetime
from typing import Any

from lenet.dsl.lower.reader import Duration
from lenet.dsl.messages.clean import clean, clean_json
from lenet.dsl.metrics import metric_called
from lenet.runtime.events import (
    Compiled,
    DataCounted,
    EpochDone,
    Event,
    FoldBegun,
    FoldDone,
    IterationDone,
    SparkStarted,
    StageFailed,
    Started,
    StartedFrom,
    Validated,
    Warned,
)
from lenet.terminal.columns import elided

# What --json prints, epochs without their top1.
_OBJECTS = EpochDone | DataCounted | Warned | FoldBegun | FoldDone
_SHOWN = 6  # names of tensors
_WIDTH = 79  # of a line
_NAME = 40  # of a metric, which may name a class


def epoch_line(event: EpochDone) -> str:
    """At most 79 columns wide; more metrics than fit go on in further lines."""
    parts = [f"epoch {event.epoch:>3}", f"loss {_number(event.loss)}"]
    parts += [*([] if event.top1 is None else [f"top1 {event.top1:7.2%}"]), *_validation(event)]
    speed = event.images_per_second
    parts.append(f"{speed / 1e6:>6.2f}M/s" if speed >= 1e6 else f"{speed:>7,.0f}/s")
    return _wrapped(parts, " " * 11)


def _validation(event: EpochDone | Validated) -> list[str]:
    parts = []
    for name, value in event.validation.items():
        metric = metric_called(name)
        if not metric.table:
            shown = f"{value:7.2%}" if metric.share else _number(value)
            parts.append(f"{elided(clean(name), _NAME)} {shown}")
    return [f"val {parts[0]}", *parts[1:]] if parts else []


def _number(value: float) -> str:
    """In six columns, but for those that are beyond all reason."""
    return f"{value:.4f}" if value < 10 else f"{value:6.4g}"


def _wrapped(parts: list[str], indent: str) -> str:
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 2 + len(part) <= _WIDTH:
            lines[-1] += f"  {part}"
        else:
            lines.append(indent + part)
    return "\n".join(lines)


def data_lines(event: DataCounted) -> list[str]:
    """What there is to train with."""
    name = event.name
    indent = " " * (min(len(name), 20) + 2)
    more = [f"{indent}decoded ahead of each step: {event.encoded}"] if event.encoded else []
    more += [line for guess in event.guesses for line in _guess_lines(event, guess, indent)]
    first = f"{event.rows:,} {event.what} to train with, {event.held_out:,} to validate"
    values = f"values {event.least:.4g} to {event.most:.4g}, mean {event.mean:.4g}"
    if event.answers:
        return [f"{name}: {first}", *_answer_lines(event, indent, values), *more]
    facts = values
    if counts := list(event.classes.values()):  # of places there are no counts
        low, high = min(counts), max(counts)
        several = f"{low:,} to {high:,}" if low < high else f"{low:,}"
        facts = f"{len(counts):,} classes of {several} {event.what}, {values}"
    return [f"{name}: {first}", f"{indent}{facts}", *more]


def _guess_lines(event: DataCounted, guess: str, indent: str) -> list[str]:
    """What an answer that needs no net reaches."""
    values = event.guesses[guess].items()
    said = "  ".join(f"{name} {metric_called(name).shown(value)}" for name, value in values)
    whole = f"{indent}to beat: {said} ({clean(guess)})"
    return textwrap.wrap(whole, _WIDTH, subsequent_indent=indent, break_long_words=False)


def _answer_lines(event: DataCounted, indent: str, values: str) -> list[str]:
    """The first answers, with their mean and deviation."""
    said = [
        f"{elided(clean(name), _NAME)} {known['mean']:.4g} ± {known['deviation']:.3g}"
        for name, known in list(event.answers.items())[:_SHOWN]
    ]
    more = f" and {len(event.answers) - _SHOWN:,} others" if len(event.answers) > _SHOWN else ""
    whole = f"{indent}{values}; answers {', '.join(said)}{more}"
    return textwrap.wrap(whole, _WIDTH, subsequent_indent=indent, break_long_words=False)


def fold_parts(event: FoldDone) -> list[str]:
    """What came of a fold."""
    parts = [
        f"{elided(clean(name), _NAME)} {metric_called(name).shown(value)}"
        for name, value in event.validation.items()
    ]
    return [f"fold {event.fold} of {event.folds}: {parts[0]}", *parts[1:]]


def warning_lines(event: Warned) -> list[str]:
    """A warning and its fix, in lines of at most 79 columns."""
    lines = _filled(f"warning: {event.text}", "  ")
    return lines + (_filled(f"  fix: {event.fix}", "       ") if event.fix else [])


def start_lines(event: StartedFrom) -> list[str]:
    """What a training begins with, in lines of at most 79 columns."""
    named = f", whose names are in {event.names}" if event.names else ""
    whole = f"begins with {event.taken} tensors of {event.path}{named}"
    if not event.anew:
        return _filled(whole, "  ")
    shown = event.anew[:_SHOWN]
    more = f" and {len(event.anew) - _SHOWN:,} others" if len(event.anew) > _SHOWN else ""
    return _filled(f"{whole}; anew begin {', '.join(shown)}{more}", "  ")


def _filled(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def numbers_of(event: IterationDone) -> str:
    """What there is to say of a batch."""
    right = "" if event.top1 is None else f"top1 {event.top1:.2%}  "
    return f"loss {event.loss:.4f}  {right}{event.images_per_second:,.0f} images/s"


class Lines:
    """One line an epoch, to standard error; or one JSON object an epoch, to standard output."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.started = False

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def say(self, text: str) -> None:
        """Show a line."""
        print(clean(text), file=sys.stderr, flush=True)

    def download(self, name: str, done: int, total: int) -> None:
        """Show how many of a file's bytes have come; `total` is 0 where nobody knows it."""
        if total and done == total:
            self.say(f"downloaded {name}, {total:,} bytes")

    def __call__(self, event: Event) -> None:
        if isinstance(event, FoldBegun):
            self.started = False
        if self.as_json and isinstance(event, _OBJECTS):
            found = event.as_dict()
            if isinstance(event, EpochDone):
                del found["top1"]
            print(clean_json(found), flush=True)
        elif isinstance(event, EpochDone):
            for line in epoch_line(event).split("\n"):
                self.say(line)
        else:
            self._stage(event)

    def _stage(self, event: Event) -> None:
        if isinstance(event, DataCounted):
            for line in data_lines(event):
                self.say(line)
        elif isinstance(event, SparkStarted):
            self.say(f"Spark {event.master} started in {event.seconds:.1f} s")
        elif isinstance(event, StartedFrom):
            for line in start_lines(event):
                self.say(line)
        elif isinstance(event, Started):
            where = f"iteration {event.iteration}" if event.iteration else "its beginning"
            if self.started:
                self.say(f"a worker was lost; the training goes on from {where}")
            elif event.iteration:
                self.say(f"the training goes on from {where}")
            self.started = True
        elif isinstance(event, StageFailed):
            self.say(f"the stage failed, and is tried again: {event.detail}")
        elif isinstance(event, Warned):
            for line in warning_lines(event):
                self.say(line)
        elif isinstance(event, Compiled):
            how = "taken from the cache" if event.cached else "compiled"
            self.say(f"kernels {how} in {event.seconds:.1f} s")
        elif isinstance(event, FoldBegun):
            self.say(f"fold {event.fold} of {event.folds}" if event.fold else "all rows")
        elif isinstance(event, FoldDone):
            for line in _wrapped(fold_parts(event), " " * 8).split("\n"):
                self.say(line)
        elif isinstance(event, Validated):
            self.say("  ".join([f"iteration {event.iteration}", *_validation(event)]))


class JsonLog(Lines):
    """Every event with its time, one JSON object a line, to standard error."""

    def say(self, text: str) -> None:
        self._log({"event": "message", "text": text})

    def __call__(self, event: Event) -> None:
        if self.as_json and isinstance(event, _OBJECTS):
            super().__call__(event)
        self._log(event.as_dict())

    def _log(self, found: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(clean_json({"time": now, **found}), file=sys.stderr, flush=True)


class Bars(Lines):
    """A bar that follows the iterations of an epoch, with the epochs' lines above it.

    It appears with the first thing that it has to show: Java speaks at its start, past us, and
    would break it.
    """

    def __init__(self, stop: Duration | None) -> None:
        super().__init__(as_json=False)
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self.stop = stop
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[numbers]}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        self.awaited = "loading kernels"
        self.task = self.bar.add_task("starting", total=None, numbers="")

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def say(self, text: str) -> None:
        self.console.print(clean(text))

    def download(self, name: str, done: int, total: int) -> None:
        self.bar.start()
        numbers = f"{done / 2**20:.1f} of {total / 2**20:.1f} MiB" if total else f"{done:,} bytes"
        self.bar.update(
            self.task,
            description=f"downloading {clean(name)}",
            completed=done,
            total=total or None,
            numbers=numbers,
        )

    def __call__(self, event: Event) -> None:
        if not isinstance(event, IterationDone):
            super().__call__(event)
            if isinstance(event, SparkStarted):
                self.awaited = "waiting for Spark's workers"
            elif isinstance(event, DataCounted):  # nothing else is said until the first batch
                self.bar.update(self.task, description=self.awaited)
                self.bar.start()
            return
        self.bar.start()
        last = f"/{self.stop.count}" if self.stop and self.stop.unit == "epochs" else ""
        self.bar.update(
            self.task,
            description=f"epoch {event.epoch}{last}",
            completed=event.step,
            total=event.steps,
            numbers=numbers_of(event),
        )

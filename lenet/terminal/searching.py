"""The trials of a search, while it goes on and at its end."""

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lenet.dsl.messages.clean import clean
from lenet.dsl.metrics import metric_called
from lenet.pages.notebook import in_notebook
from lenet.runtime.events import DataCounted, Event, SparkStarted, Warned
from lenet.runtime.search.record import Found, Record
from lenet.terminal.columns import elided
from lenet.terminal.console import say_json
from lenet.terminal.progress import Lines
from lenet.terminal.table import table
from lenet.terminal.watching import Silent

if TYPE_CHECKING:
    from lenet.api import Network

_WIDTH = 79
_SHOWN = 10  # trials of the table at the end
_CELL = 24  # letters of a setting in it
_NONE = "-"


class Trials:
    """Shows events of a search by its `lines`, and each trial in one of its own."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.download = lines.download

    def take(self, event: Event) -> None:
        """What happens around the trials; what happens in them is not shown."""
        if isinstance(event, DataCounted | SparkStarted | Warned):
            self.lines(event)

    def trial(self, record: Record, found: Found) -> None:
        """What came of it, and the best so far."""
        if self.lines.as_json:
            say_json({"event": "trial", **facts(record, found)})
            return
        for line in trial_lines(record, found):
            self.lines.say(line)


@contextmanager
def shown_trials(progress: bool, network: "Network") -> Iterator[Trials]:
    """The display of a search that was started from Python."""
    seen = progress and (in_notebook() or (sys.stderr is not None and sys.stderr.isatty()))
    yield Trials(Lines(as_json=False) if seen else Silent())


def facts(record: Record, found: Found) -> dict[str, Any]:
    """What --json prints of a trial."""
    told = record.as_dict()
    settings = dict(zip(found.titles, record.settings, strict=True))
    told["settings"] = {title: text for title, text in settings.items() if text}
    return told


def trial_lines(record: Record, found: Found) -> list[str]:
    """A trial in lines of at most 79 columns: its value, the best so far, and its settings."""
    parts = [f"trial {record.number:>3}", _told(record, found)]
    if found.best is not None and found.best is not record:
        parts.append(f"best {_shown(found.best.value, found)} of {found.best.number}")
    if record.number == 0:
        parts.append("the file as it is")
    pairs = zip(found.titles, record.settings, strict=True)
    parts += [f"{title} {clean(text)}" for title, text in pairs if text and record.number]
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 2 + len(part) <= _WIDTH:
            lines[-1] += f"  {part}"
        else:
            lines.append(" " * 11 + part)
    return lines


def _told(record: Record, found: Found) -> str:
    if record.same is not None:
        return f"{found.metric} {_shown(record.last, found)}, the same as {record.same}"
    if record.state == "failed":
        return f"failed: {clean(record.reason)}"
    text = f"{found.metric} {_shown(record.last, found)}"
    if found.folds:
        after = f"{len(record.values)} of {found.folds} folds"
    else:
        after = _epochs(record.epochs)
    return text if record.state == "done" else f"{text}, stopped after {after}"


def _shown(value: float | None, found: Found) -> str:
    return _NONE if value is None else metric_called(found.metric).shown(value)


def _epochs(count: int) -> str:
    return f"{count:,} epoch{'' if count == 1 else 's'}"


def found_lines(found: Found) -> list[str]:
    """The table of the best trials and of the file as it is, and how many there were, at most 80
    columns wide."""
    best = found.ranked
    shown = best[:_SHOWN] + [r for r in best[_SHOWN:] if r.number == 0]
    titles = [elided(title, _CELL) for title in found.titles]
    rows = [("trial", found.metric, "epochs", *titles)]
    for record in shown:
        number = f"{record.number}" if record.number else "file"
        value, texts = _shown(record.value, found), record.settings
        cells = [elided(clean(text), _CELL) if text else _NONE for text in texts]
        rows.append((number, value, f"{record.epochs:,}", *cells))
    lines = table(rows, left=0)
    if max(map(len, lines), default=0) > _WIDTH:  # too many settings for columns
        lines = [line for record in shown for line in trial_lines(record, found)]
    return [*(lines if shown else []), *_counts(found), *_verdict(found)]


def _counts(found: Found) -> list[str]:
    tried = found.trials[1:]
    states = [record.state for record in tried if record.same is None]
    parts = [f"{len(tried):,} trial{'' if len(tried) == 1 else 's'} beside the file"]
    for state, words in (("stopped", "stopped early"), ("failed", "failed")):
        if count := states.count(state):  # type: ignore[arg-type]
            parts.append(f"{count:,} {words}")
    if again := sum(record.same is not None for record in tried):
        parts.append(f"{again:,} the same as others")
    lines = [", ".join(parts)]
    reasons = dict.fromkeys(record.reason for record in tried if record.state == "failed")
    for reason in list(reasons)[:3]:
        indented = textwrap.wrap(f"failed: {clean(reason)}", _WIDTH - 2, subsequent_indent="  ")
        lines += [f"  {line}" for line in indented]
    return lines


def _verdict(found: Found) -> list[str]:
    if found.best is None:
        return []
    if found.best.number == 0:
        return ["no trial was better than the file as it is"]
    return []

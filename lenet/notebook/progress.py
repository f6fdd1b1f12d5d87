"""Progress of a run in a notebook: one display that is updated, with the lines of the epochs and
the curves so far."""

import contextvars
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from lenet.dsl.lower.reader import Duration
from lenet.dsl.messages.clean import clean, escape
from lenet.notebook.course import Course
from lenet.runtime.events import CheckpointKept, Event, IterationDone
from lenet.terminal.progress import Lines, numbers_of

_PAUSE = 0.25  # seconds between two updates: each sends the whole, and a page has to draw it
_REDRAWN = 1.0  # seconds after which the curves are drawn anew


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook: its shell shows more than a terminal's.
    IPython is there if it is, and else it needs not to be."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kinds = {kind.__name__ for kind in type(shell).__mro__}
    return "ZMQInteractiveShell" in kinds or (
        "InteractiveShell" in kinds and "TerminalInteractiveShell" not in kinds
    )


@dataclass(frozen=True)
class State:
    """What is shown: lines, the curves as HTML, and what is under way, `done` of `total` steps
    where that is known."""

    lines: tuple[str, ...]
    text: str
    done: int = 0
    total: int = 0
    curves: str = ""

    def __repr__(self) -> str:
        return "\n".join(part for part in (*self.lines, self.text) if part)

    def _repr_html_(self) -> str:
        bar = ""
        if self.total:
            bar = (
                f'<progress value="{self.done}" max="{self.total}" '
                'style="width:200px;max-width:40%;vertical-align:middle;margin-right:8px">'
                "</progress>"
            )
        # Turned round, so that a page which scrolls stays at the newest line.
        return (
            '<div style="max-height:24em;overflow:auto;display:flex;flex-direction:column-reverse">'
            '<pre style="margin:0;font:12px/1.5 monospace;white-space:pre">'
            f"{escape(chr(10).join(self.lines))}</pre></div>{self.curves}"
            f'<div style="font-size:12px;margin-top:4px">{bar}{escape(self.text)}</div>'
        )


class Notebook(Lines):
    """Takes events from any thread, and shows them a few times a second in the cell that began.
    A run that is stopped can go on if it has a `folder`."""

    def __init__(self, stop: Duration | None, folder: Path | None = None) -> None:
        super().__init__(as_json=False)
        self.stop, self.folder = stop, folder
        self.lines: list[str] = []
        self.course = Course()
        self.state = State((), "starting")
        self.lock = threading.RLock()
        self.kept = 0  # the iteration of the newest checkpoint
        self.curves = ""
        self.shown = self.drawn = self.began = time.monotonic()

    def __enter__(self) -> "Notebook":
        from IPython.display import display

        self.handle = display(self.state, display_id=True)
        # IPython knows by the context of a thread which cell an output belongs to.
        self.context = contextvars.copy_context()
        return self

    def __exit__(self, *error: object) -> None:
        failed = bool(error) and error[0] is not None
        text = f"{'stopped after' if failed else 'done in'} {time.monotonic() - self.began:.1f} s"
        if failed and self.folder is not None and self.kept:
            text += f"; the same call with resume=True goes on from iteration {self.kept}"
        self._show(text, at_once=True)

    def _show(self, text: str, done: int = 0, total: int = 0, at_once: bool = False) -> None:
        with self.lock:
            now = time.monotonic()
            due = at_once or now - self.shown >= _PAUSE
            if at_once or due and now - self.drawn >= _REDRAWN:
                self.curves, self.drawn = self.course.curves(), now
            self.state = State(tuple(self.lines), text, done, total, self.curves)
            if due:
                self.shown = now
                self.context.run(self.handle.update, self.state)

    def say(self, text: str) -> None:
        with self.lock:
            self.lines.append(clean(text))
            self._show(self.state.text, self.state.done, self.state.total)

    def download(self, name: str, done: int, total: int) -> None:
        size = f" of {total / 2**20:.1f}" if total else ""
        self._show(f"downloading {clean(name)}, {done / 2**20:.1f}{size} MiB", done, total)

    def __call__(self, event: Event) -> None:
        with self.lock:
            self.course.take(event)
            if isinstance(event, CheckpointKept):
                self.kept = event.iteration
        if not isinstance(event, IterationDone):
            super().__call__(event)
            return
        self._show(
            f"epoch {event.epoch}{of_epochs(self.stop)}  {numbers_of(event)}",
            event.step,
            event.steps,
        )


def of_epochs(stop: Duration | None) -> str:
    """How many epochs there are to be, behind the number of one."""
    return f"/{stop.count}" if stop and stop.unit == "epochs" else ""

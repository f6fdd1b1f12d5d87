"""Which display a training that was started from Python gets."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.lower.reader import Duration
from lenet.notebook.progress import Notebook, in_notebook
from lenet.runtime.events import Event, Watch
from lenet.terminal.progress import Bars, Lines

if TYPE_CHECKING:
    from lenet.api import Network

_busy = threading.Lock()  # two bars would write over each other


class Silent(Lines):
    """Shows nothing."""

    def __init__(self) -> None:
        super().__init__(as_json=False)

    def say(self, text: str) -> None:
        """Not a word."""

    def download(self, name: str, done: int, total: int) -> None:
        """Not a word."""


@contextmanager
def shown(
    progress: bool, network: "Network", epochs: int | None, folder: Path | None = None
) -> Iterator[Lines]:
    """The display of one training, whose records are in `folder`. Of several at once, as in a
    cross-validation, the first gets it until its end."""
    if not progress or not _busy.acquire(blocking=False):
        yield Silent()
        return
    try:
        train = network.graph.train
        stop = Duration(epochs, "epochs") if epochs else train.stop if train else None
        with _chosen(stop, folder) as display:
            display.say(f"{network.path.name}: {network.parameter_count:,} parameters")
            yield display
    finally:
        _busy.release()


def _chosen(stop: Duration | None, folder: Path | None) -> Lines:
    if in_notebook():
        return Notebook(stop, folder)
    if sys.stderr is not None and sys.stderr.isatty():
        return Bars(stop)
    return Silent()


def both(display: Lines, watch: Callable[[dict[str, Any]], None] | None) -> Watch:
    """One after the other; who watches from outside gets dicts (docs/events.md)."""

    def take(event: Event) -> None:
        display(event)
        if watch is not None:
            watch(event.as_dict())

    return take

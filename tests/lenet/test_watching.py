"""Progress of a training that was started from Python: in a terminal, a notebook, or not at all."""

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import lenet
from lenet.dsl.lower.reader import Duration
from lenet.pages.notebook import Notebook, State, in_notebook
from lenet.runtime.events import IterationDone
from lenet.terminal.progress import Lines
from lenet.terminal.watching import Silent, shown
from nets import variations

ROOT = Path(__file__).parents[2]
TEXT = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.1
  batch 128
  stop after 3 epochs
"""
CODE = f"""
import lenet
seen = []
model = lenet.train({TEXT!r}, engine="local"MORE)
print(len(seen), len(model.history))
"""


def in_a_terminal(more: str) -> tuple[str, str]:
    """Standard output, and what a terminal got as standard error."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", CODE.replace("MORE", more)], stdout=subprocess.PIPE, stderr=slave,
        cwd=ROOT, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(slave)
    got = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        got += part
    os.close(master)
    assert process.stdout is not None
    out = process.stdout.read().decode()
    process.stdout.close()
    assert process.wait(60) == 0, got
    return out, got.decode()


# A terminal, a pipe.


def test_a_terminal_gets_the_bar_of_the_command_line() -> None:
    out, terminal = in_a_terminal(", watch=seen.append")
    assert int(out.split()[0]) > 30, "watch gets every event as well"
    assert "spec: 650 parameters" in terminal and "epoch   3" in terminal
    assert "1,437 images to train with" in terminal and "━" in terminal


def test_a_terminal_that_is_to_stay_silent() -> None:
    out, terminal = in_a_terminal(", progress=False")
    assert out == "0 3\n" and terminal == ""


SAID = (", progress=True", ", progress=False")


@pytest.mark.parametrize("more", variations(["", *SAID], SAID))
def test_a_pipe_gets_nothing(more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.replace("MORE", more)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "0 3\n" and done.stderr == ""


def test_a_process_without_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert len(lenet.train(TEXT, engine="local").history) == 3


# A notebook.


class Handle:
    def __init__(self) -> None:
        self.states: list[State] = []
        self.threads: set[str] = set()

    def update(self, state: State) -> None:
        self.states.append(state)
        self.threads.add(threading.current_thread().name)


class ZMQInteractiveShell:
    """As ipykernel has one."""


class Colab(ZMQInteractiveShell):
    """A shell made of it."""


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    """An IPython whose displays are counted."""
    handles: list[Handle] = []

    def display(state: State, display_id: bool) -> Handle:
        assert display_id
        handle = Handle()
        handle.states.append(state)
        handles.append(handle)
        return handle

    ipython, module = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: Colab()  # type: ignore[attr-defined]
    module.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return handles


def test_a_notebook_gets_one_display(kernel: list[Handle]) -> None:
    seen: list[Any] = []
    assert in_notebook()
    lenet.train(TEXT, engine="local", watch=seen.append)
    (handle,) = kernel
    last = handle.states[-1]
    epochs = [line for line in last.lines if line.startswith("epoch")]
    assert len(epochs) == 3 and last.lines[0] == "spec: 650 parameters"
    assert last.text.startswith("done in ") and last.total == 0
    assert len(handle.states) < len(seen) / 2, "they are fewer than the events"
    assert [line for line in repr(last).splitlines() if line.startswith("epoch")] == epochs


def test_a_notebook_that_is_to_stay_silent(kernel: list[Handle]) -> None:
    lenet.train(TEXT, engine="local", progress=False)
    assert kernel == []


def test_a_failure_ends_the_display(kernel: list[Handle]) -> None:
    def fails(event: Any) -> None:
        if event["event"] == "epoch":
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        lenet.train(TEXT, engine="local", watch=fails)
    assert kernel[0].states[-1].text.startswith("stopped after ")
    lenet.train(TEXT, engine="local")
    assert len(kernel) == 2, "the next training has the display again"


def test_updates_are_few_and_the_last_one_is_whole(
    kernel: list[Handle], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10**6))
    slow = SimpleNamespace(monotonic=lambda: next(clock) / 100)
    monkeypatch.setattr("lenet.pages.notebook.time", slow)
    with Notebook(Duration(4, "epochs")) as notebook:
        for step in range(1, 101):
            notebook(IterationDone(2, 100 + step, step, 100, 1.0, 0.5, 0.1, 9.0))
        notebook.download("a.gz", 2**20, 2**21)
    states = kernel[0].states
    assert 3 <= len(states) <= 8, "100 events in a second"
    assert states[1].text == "epoch 2/4  loss 1.0000  top1 50.00%  9 images/s"
    assert 0 < states[1].done < states[2].done <= states[2].total == 100
    assert states[-1].text.startswith("done in ")


def test_what_a_notebook_shows_is_text() -> None:
    state = State(("<script>", "b"), "<i>", 3, 7)
    html = state._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;\nb" in html and "<i>" not in html
    assert '<progress value="3" max="7"' in html
    assert repr(state) == "<script>\nb\n<i>"


def test_other_shells_are_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    ipython = ModuleType("IPython")
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    for shell in (None, object()):
        ipython.get_ipython = lambda shell=shell: shell  # type: ignore[attr-defined]
        assert not in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not in_notebook()


# Several at once.


def test_only_one_is_shown(kernel: list[Handle]) -> None:
    network = lenet.load(TEXT)
    with shown(True, network, None) as first, shown(True, network, None) as second:
        assert isinstance(first, Notebook) and isinstance(second, Silent)
    with shown(True, network, 1) as third:
        assert isinstance(third, Notebook) and third.stop == Duration(1, "epochs")
    assert isinstance(Silent(), Lines)

"""`lenet serve` as a process of its own: how it starts, forks, follows signals, and ends."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from served import row
from typer.testing import CliRunner

from lenet.cli import app
from lenet.serve.limits import Rate
from lenet.serve.settings import Settings

ROW = json.dumps({"row": row()})


class Process:
    """`lenet serve`, which says at which port it is."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        code = "import sys; sys.argv[0] = 'lenet'; from lenet.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--port", "0", *arguments],
            stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.wait_for(r"serving at http://\S+:(\d+)/")[1])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    def wait_for(self, pattern: str) -> re.Match[str]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            time.sleep(0.02)
        raise AssertionError(f"no {pattern} in {self.lines}")

    def ask(self, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST" if body is not None else "GET", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(40)
        self._reader.join(10)
        return code


@contextmanager
def running(*arguments: str) -> Iterator[Process]:
    process = Process(*arguments)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.process.kill()
        process.process.wait()


def test_a_stop_finishes_what_is_worked_on(pictures: Path) -> None:
    """A request whose body is still on its way when SIGTERM comes."""
    with running(str(pictures)) as server:
        assert "10 classes" in server.wait_for("digits@1 .*")[0]
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.putrequest("POST", "/v1/models/digits/predict")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(ROW)))
        connection.endheaders(ROW[:100].encode())
        _until(lambda: "lenet_requests_in_progress 1.0" in server.ask("/metrics")[1])
        server.process.terminate()
        _until(lambda: not _listens(server))  # nobody new is listened to
        connection.send(ROW[100:].encode())
        assert connection.getresponse().status == 200
        connection.close()
        assert server.process.wait(20) == 0
        server.wait_for("stopped")


def _listens(server: Process) -> bool:
    try:
        return server.ask("/health")[0] == 200
    except OSError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_workers(pictures: Path) -> None:
    """They answer alike, one that dies is replaced, SIGHUP reaches all, and all end."""
    with running(str(pictures), "--workers", "2") as server:
        answers = {server.ask("/v1/models/digits/predict", ROW) for _ in range(8)}
        assert len(answers) == 1 and answers.pop()[0] == 200
        _until(lambda: _predicted(server) == 8)  # which a process tells behind its answer
        children = _children(server.process.pid)
        assert len(children) == 2
        os.kill(children[0], signal.SIGKILL)
        server.wait_for(f"process {children[0]} has ended with -9; another one")
        assert server.ask("/v1/models/digits/predict", ROW)[0] == 200
        pictures.touch()
        assert server.ask("/v1/reload", "")[0] == 200
        _until(lambda: sum("read again" in line for line in server.lines) == 2)
        _until(lambda: _predicted(server) == 9)
        children = _children(server.process.pid)
        assert server.end() == 0
        assert not [child for child in children if Path(f"/proc/{child}").exists()]


def _predicted(server: Process) -> float:
    name = re.escape('lenet_requests_total{endpoint="predict",status="200"} ')
    found = re.search(rf"^{name}(.+)$", server.ask("/metrics")[1], re.M)
    return float(found[1]) if found else 0


def _children(parent: int) -> list[int]:
    found = []
    for _ in range(100):
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        found = sorted(map(int, text.split()))
        if len(found) == 2:
            break
        time.sleep(0.05)
    return found


# What it says before it starts.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["MODEL", "--host", "0.0.0.0"], "a token is needed to serve at 0.0.0.0"),
        (["MODEL", "--host", "192.0.2.1"], "a token is needed"),
        (["MODEL", "--token", "short"], "a token of 5 characters can be guessed"),
        (["MODEL", "--token", "with a space in it, and more"], "and no spaces"),
        (["nothing.safetensors"], "there is no file nothing.safetensors"),
        (["a b=MODEL"], "`a b` is no name"),
        (["m@1=MODEL", "m@1=MODEL"], "two models are called m@1"),
        (["MODEL", "--host", "192.0.2.1", "--token", "x" * 16], "cannot serve at 192.0.2.1"),
    ],
)
def test_what_cannot_be_served(pictures: Path, arguments: list[str], said: str) -> None:
    given = [text.replace("MODEL", str(pictures)) for text in arguments]
    done = CliRunner().invoke(app, ["serve", "--port", "0", *given])
    assert done.exit_code == 1 and said in done.output, done.output
    assert "Traceback" not in done.output


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "starlette", None)
    done = CliRunner().invoke(app, ["serve", "model.safetensors"])
    assert done.exit_code == 1 and "fix: pip install 'lenet[serve]'" in done.output


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_token(host: str) -> None:
    assert Settings(host=host).is_local


# How often clients may ask.


def test_the_rate_is_each_clients_own() -> None:
    rate = Rate(5)
    waits = [rate.wait("one") for _ in range(8)]
    assert waits[:5] == [0] * 5 and all(0 < wait <= 0.2 for wait in waits[5:])
    assert rate.wait("other") == 0
    time.sleep(0.25)
    assert rate.wait("one") == 0 < rate.wait("one")


def test_slow_rates_let_one_through() -> None:
    rate = Rate(0.1)
    assert rate.wait("one") == 0 and 9 < rate.wait("one") <= 10


def test_processes_share_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenet.serve.limits.time.monotonic", lambda: 100.0)
    rate = Rate(4)
    child = os.fork()
    if child == 0:
        os._exit(sum(rate.wait("one") == 0 for _ in range(3)))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    assert [rate.wait("one") == 0 for _ in range(2)] == [True, False]

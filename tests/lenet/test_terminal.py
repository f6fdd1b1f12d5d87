"""What a terminal of 80 columns shows of a training."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

import pytest
from test_cli_train import SPEC

COLUMNS = 80


def in_a_terminal(folder: Path, *arguments: str, code: int = 0) -> str:
    """All that the command writes to a terminal, before it exits with the code."""
    command = [sys.executable, "-c", "from lenet.cli import main; main()", *arguments]
    process, handle = pty.fork()
    if process == 0:
        os.chdir(folder)
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("COLUMNS", None)
        os.execve(command[0], command, environment)
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    found = b""
    while True:
        try:
            data = os.read(handle, 65536)
        except OSError:  # Linux says so at the end
            break
        if not data:
            break
        found += data
    _, status = os.waitpid(process, 0)
    os.close(handle)
    text = found.decode()
    assert os.waitstatus_to_exitcode(status) == code, text
    return text


def shown(text: str) -> list[str]:
    """The lines as they stand there, without colours; each state of a bar is a line of its own."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", re.sub(r"\x1b\[[0-9;]*m", "", text))
    return [line for line in re.split(r"[\r\n]+", plain) if line.strip()]


@pytest.mark.parametrize("engine", ["local", pytest.param("spark", marks=pytest.mark.spark)])
def test_no_line_wraps_and_nothing_breaks_the_bar(tmp_path: Path, engine: str) -> None:
    """Java speaks at its start, past us: the bar waits until it has."""
    more = "validate top1 top5 loss every epoch\n  log loss"
    spec = SPEC.replace("log loss", more).replace("2 epochs", "60 epochs")
    (tmp_path / "tiny.lenet").write_text(spec)
    master = ["--master", "local[1]"] if engine == "spark" else []
    text = in_a_terminal(tmp_path, "train", "tiny.lenet", "--engine", engine, *master)
    lines = shown(text)
    assert all(len(line) <= COLUMNS for line in lines), max(lines, key=len)
    assert any(re.match(r"epoch   1  loss \d", line) for line in lines)
    assert any(re.match(r"epoch \d+/60 ", line) for line in lines)  # the bar
    assert any(line.lstrip().startswith("val top1") or " val top1" in line for line in lines)
    bar = text.index("\x1b[?25l")  # it hides the cursor
    assert text.index("to train with") < bar
    if "WARNING" in text:
        assert text.rindex("WARNING") < bar and text.index("Spark is starting") < bar

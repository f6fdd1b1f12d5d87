"""Commands of the how-tos, pasted one by one out of their pages: each ends well, and prints the
lines that the page shows, but for numbers. (The tutorial's are those of test_newcomer.py.)"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import Command, Saved, Shell, steps

ROOT = Path(__file__).parents[1]
QUICK = ("lenet rate specs/lenet4.lenet", "lenet data show specs/digits.lenet")
# Pages whose commands need nothing but the repository, and how many of them.
LONG = {"before-training": 3, "onnx": 2, "report": 2}


@pytest.fixture
def shell(tmp_path: Path, data_folder: Path) -> Iterator[Shell]:
    """In a folder that has the nets of the repository."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "lenet"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m lenet "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {"PATH": path, "PYTHONPATH": str(ROOT), "LENET_DATA": str(data_folder.absolute())}
    opened = Shell(tmp_path, {**os.environ, **given})
    yield opened
    opened.close()


def carry_out(command: Command, shell: Shell) -> None:
    output, code = shell.paste(command.text)
    assert code == 0, output
    assert not command.lacking(output), (command.lacking(output), output)


def test_what_takes_no_time(shell: Shell) -> None:
    found = {
        step.text: step
        for name in LONG
        for step in steps(ROOT / "docs" / f"{name}.md")
        if isinstance(step, Command)
    }
    for text in QUICK:
        carry_out(found[text], shell)


@pytest.mark.large
@pytest.mark.parametrize("name", LONG)
def test_a_page(name: str, shell: Shell, tmp_path: Path) -> None:
    page = ROOT / "docs" / f"{name}.md"
    left = LONG[name]
    for step in steps(page):
        if isinstance(step, Saved):
            (tmp_path / step.name).write_text(step.text)
        elif left:
            carry_out(step, shell)
            left -= 1
    assert not left
    # What the page has one do from Python with it.
    for script in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)[:1]:
        (tmp_path / "script.py").write_text(script)
        printed, code = shell.paste("python script.py")
        assert code == 0, printed

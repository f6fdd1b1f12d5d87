"""What a page of the docs has its readers do: files to save, commands to paste and Python to run,
one by one."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_NAME = re.compile(r"# ([\w-]+\.lenet)\b")  # at the beginning of a spec
_PROMPTS = (">>> ", "... ")
_END = "end of the command"
# Runs what it is given, a line of JSON each, in one namespace; of a terminal's `>>> ` line by line.
_INTERPRETER = f"""
import doctest, json, sys, traceback
names = {{"__name__": "__main__"}}
for line in sys.stdin:
    text, failed = json.loads(line), 0
    try:
        typed = [each.source for each in doctest.DocTestParser().get_examples(text)]
        for part in typed or [text]:
            exec(compile(part, "<page>", "single" if typed else "exec"), names)
    except Exception:
        traceback.print_exc()
        failed = 1
    print("{_END}", failed)
"""


@dataclass(frozen=True)
class Saved:
    """A file that the page has its reader save."""

    name: str
    text: str


@dataclass(frozen=True)
class Printing:
    """What is to be run, and what the page shows of its output."""

    text: str
    shown: str

    def lacking(self, output: str, alike: str = "(?!)") -> list[str]:
        """The pieces that are shown and not in the output, in this order and as whole lines,
        whatever their numbers, where they are wrapped, and what is found by the regular expression
        `alike`. A piece ends where `…` stands for any lines."""
        there, at, lacking = _plain(re.sub(alike, "", output)), 0, []
        pieces = re.split(r"^ *…$", re.sub(alike, "", self.shown), flags=re.MULTILINE)
        for piece in filter(str.strip, pieces):
            words = r"\s+".join(map(re.escape, _plain(piece).split()))
            found = re.compile(rf"^{words}$", re.MULTILINE).search(there, at)
            if found is None:
                lacking.append(piece)
            else:
                at = found.end()
        return lacking


class Command(Printing):
    """A command of the shell."""


class Script(Printing):
    """A piece of Python."""


def _plain(text: str) -> str:
    """Without numbers, rows of dots, the width of columns, and whether kernels were compiled."""
    text = re.sub(r"[0-9a-f]{16}…|\b[0-9a-f]{64}\b", "DIGEST", text)
    text = text.replace("kernels taken from the cache", "kernels compiled")
    text = re.sub(r"\d[\d,.]*", "0", text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def steps(page: Path) -> Iterator[Saved | Command | Script]:
    """In the order of the page: blocks with a title, or with a file's name as their first line, are
    files, lines behind `$ ` commands."""
    for told, text in FENCE.findall(page.read_text()):
        title = _TITLE.search(told) or _NAME.match(text)
        if title:
            yield Saved(title[1], text)
        elif told == "python":
            shown = [line for line in text.splitlines() if not line.startswith(_PROMPTS)]
            typed = text.startswith(_PROMPTS)
            yield Script(text, "\n".join(shown) if typed else "")
        else:
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                first, _, shown = part.partition("\n")
                while first.endswith("\\"):  # goes on in the next line
                    more, _, shown = shown.partition("\n")
                    first = f"{first}\n{more}"
                yield Command(first, shown)


class Shell:
    """A terminal, in which one command after the other is pasted."""

    _program: Sequence[str] = ("bash", "--norc", "--noprofile")

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            self._program, cwd=folder, env=environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def paste(self, command: str) -> tuple[str, int]:
        """What is printed, and the exit code."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(self._typed(command))
        self._process.stdin.flush()
        printed: list[str] = []
        for line in self._process.stdout:
            before, found, code = line.partition(_END)
            printed.append(before)
            if found:
                return "".join(printed), int(code)
        raise AssertionError("the shell has gone: " + "".join(printed))

    def _typed(self, command: str) -> str:
        return f'{command}\necho "{_END} $?"\n'

    def start_server(self, command: str) -> str:
        """Start it; its address, once it answers there."""
        self.paste(f": > served.txt; {command} >> served.txt 2>&1 & server=$!")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = re.search(r"http://127.0.0.1:\d+", (self.folder / "served.txt").read_text())
            if found is not None:
                return found[0]
            time.sleep(0.2)
        raise AssertionError((self.folder / "served.txt").read_text())

    def stop_server(self) -> str:
        """End it with SIGTERM; what it has said."""
        _, code = self.paste(f"kill -{signal.SIGTERM.value} $server; wait $server")
        said = (self.folder / "served.txt").read_text()
        assert code in (0, 128 + signal.SIGTERM), said
        return said

    def close(self) -> None:
        """End it with all that it has started, and wait."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)


class Interpreter(Shell):
    """Python, to which one piece after the other is given."""

    _program = (sys.executable, "-u", "-c", _INTERPRETER)

    def _typed(self, command: str) -> str:
        return json.dumps(command) + "\n"

"""What a page of the docs has its readers do: files to save, and commands to paste, one by one."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_END = "end of the command"


@dataclass(frozen=True)
class Saved:
    """A file that the page has its reader save."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command, and what the page shows of its output."""

    text: str
    shown: str

    def lacking(self, output: str) -> list[str]:
        """The lines that are shown and not in the output, whatever their numbers are; `…` stands
        for any lines."""
        there = {_plain(line) for line in output.splitlines()}
        return [
            line
            for line in self.shown.splitlines()
            if line.strip() not in ("", "…") and _plain(line) not in there
        ]


def _plain(line: str) -> str:
    """Without numbers, rows of dots, or the width of columns."""
    line = re.sub(r"[0-9a-f]{16}…", "DIGEST", line)
    return " ".join(re.sub(r"\d[\d,.]*", "0", line).split())


def steps(page: Path) -> Iterator[Saved | Command]:
    """In the order of the page: blocks with a title are files, lines behind `$ ` commands."""
    for told, text in _FENCE.findall(page.read_text()):
        title = _TITLE.search(told)
        if title:
            yield Saved(title[1], text)
            continue
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            first, _, shown = part.partition("\n")
            while first.endswith("\\"):  # goes on in the next line
                more, _, shown = shown.partition("\n")
                first = f"{first}\n{more}"
            yield Command(first, shown)


class Shell:
    """A terminal, in which one command after the other is pasted."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def paste(self, command: str) -> tuple[str, int]:
        """What is printed, and the exit code."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f'{command}\necho "{_END} $?"\n')
        self._process.stdin.flush()
        printed: list[str] = []
        for line in self._process.stdout:
            before, found, code = line.partition(_END)
            printed.append(before)
            if found:
                return "".join(printed), int(code)
        raise AssertionError("the shell has gone: " + "".join(printed))

    def close(self) -> None:
        """End it, and wait."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

"""The text format of protocol buffers: names with values, or with messages in braces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.runtime.imports.darknet.cfg import read_text
from lenet.runtime.imports.unread import Unread

_TOKEN = re.compile(
    r"""[ \t\r,;]+|(?P<end>\n)|\#[^\n]*|(?P<sign>[{}:<>\[\]])
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[\w.+-]+)""",
    re.VERBOSE | re.ASCII,
)
_DEEPEST = 40  # messages within each other
_CLOSING = {"{": "}", "<": ">"}


@dataclass
class Message:
    """The values of each name, in their order: texts, numbers as they are written, or messages."""

    line: int
    values: dict[str, list["str | Message"]] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        """Those that are no messages."""
        return [own for own in self.values.get(name, []) if isinstance(own, str)]

    def messages(self, name: str) -> list["Message"]:
        """Those that are messages."""
        return [own for own in self.values.get(name, []) if isinstance(own, Message)]

    def text(self, name: str, default: str = "") -> str:
        """The last one."""
        return (self.texts(name) or [default])[-1]

    def part(self, name: str) -> "Message":
        """The last message of a name, an empty one if there is none."""
        return (self.messages(name) or [Message(self.line)])[-1]

    def number(self, name: str, default: float = 0.0) -> float:
        """A number; Unread where it is none."""
        try:
            return float(self.text(name, str(default)))
        except ValueError:
            raise Unread(f"whose {name} is no number") from None

    def wholes(self, name: str) -> list[int]:
        """Whole numbers; Unread where one is none."""
        try:
            return [int(own) for own in self.texts(name)]
        except ValueError:
            raise Unread(f"whose {name} is no whole number") from None

    def whole(self, name: str, default: int = 0) -> int:
        """The last one."""
        return (self.wholes(name) or [default])[-1]

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        return self.text(name, str(default)).lower() in ("true", "1", "t")


def read_prototxt(path: Path) -> Message:
    """The file; LenetError where it is none."""
    tokens = list(_tokens(path, read_text(path)))
    whole = Message(1)
    waiting = [(whole, "")]
    place = 0
    while place < len(tokens):
        kind, text, line = tokens[place]
        message, closing = waiting[-1]
        if kind == "sign" and text == closing and closing:
            waiting.pop()
            place += 1
            continue
        if kind != "word":
            raise _damaged(path, line, text)
        place += 1
        if place < len(tokens) and tokens[place][1] == ":":
            place += 1
        if place >= len(tokens):
            raise _damaged(path, line, text)
        kind, value, at = tokens[place]
        place += 1
        if kind == "sign" and value in _CLOSING and len(waiting) < _DEEPEST:
            inner = Message(line)
            message.values.setdefault(text, []).append(inner)
            waiting.append((inner, _CLOSING[value]))
        elif kind == "sign" and value == "[":
            while place < len(tokens) and tokens[place][0] in ("word", "text"):
                message.values.setdefault(text, []).append(_plain(tokens[place][1]))
                place += 1
            if place >= len(tokens) or tokens[place][1] != "]":
                raise _damaged(path, at, value)
            place += 1
        elif kind in ("word", "text"):
            message.values.setdefault(text, []).append(_plain(value))
        else:
            raise _damaged(path, at, value)
    if len(waiting) > 1:
        raise _damaged(path, waiting[-1][0].line, "{")
    return whole


def _tokens(path: Path, text: str) -> Iterator[tuple[str, str, int]]:
    line, place = 1, 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _damaged(path, line, text[place : place + 20].split("\n")[0])
        place = found.end()
        if found.lastgroup == "end":
            line += 1
        elif found.lastgroup is not None:
            yield found.lastgroup, found.group(), line


def _plain(text: str) -> str:
    return text[1:-1] if text[:1] in ('"', "'") else text


def _damaged(path: Path, line: int, text: str) -> LenetError:
    return LenetError(
        f"{path} is not a readable net of Caffe", f"Line {line} has `{clean(text[:40])}` where it "
        "cannot be read.", "write `name: value` or `name { … }`",
    )  # fmt: skip

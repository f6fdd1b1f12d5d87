"""The text of a net.cfg: sections with lines `name=value`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.messages.clean import clean
from lenet.runtime.imports.unread import Unread

_LARGEST = 2**22  # bytes of a file
# Sections of two names: the short one, and the one that they have here.
_SHORT_NAMES = """
conv convolutional
conn connected
max  maxpool
avg  avgpool
soft softmax
net  network
"""
_SHORT = dict(line.split() for line in _SHORT_NAMES.strip().split("\n"))


@dataclass
class Section:
    """One, with where its lines stand; `used` are the names that were asked for."""

    kind: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @property
    def shown(self) -> str:
        """What messages call it."""
        return f"line {self.line}"

    def text(self, name: str, default: str = "") -> str:
        """A value as it is written."""
        self.used.add(name)
        return self.values.get(name, default)

    def number(self, name: str, default: float = 0) -> float:
        """A finite number; Unread where it is none."""
        text = self.text(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise Unread(f"whose {name} is {text[:40]}, no number")
        return value

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number, as C reads one: what comes behind a point is left out."""
        value = self.number(name, default)
        if abs(value) > 1e9:
            raise Unread(f"whose {name} is {value:g}")
        return int(value)

    def numbers(self, name: str) -> list[float]:
        """Several, with commas between."""
        parts = [part.strip() for part in self.text(name).split(",") if part.strip()]
        try:
            return [float(part) for part in parts]
        except ValueError:
            raise Unread(f"whose {name} are no numbers") from None

    def ignored(self) -> Iterator[tuple[int, str]]:
        """Lines that nobody asked for, with their numbers."""
        for name, value in self.values.items():
            if name not in self.used:
                yield self.lines[name], f"{name}={value}"


def read_cfg(path: Path) -> list[Section]:
    """Its sections, the first one that of the whole net; LenetError where it is no such file."""
    text = read_text(path)
    sections: list[Section] = []
    for number, whole in enumerate(text.split("\n"), start=1):
        line = "".join(whole.split())  # Darknet takes all white space out
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            kind = line[1:].split("]")[0].lower()
            sections.append(Section(_SHORT.get(kind, kind), number))
            continue
        name, equals, value = line.partition("=")
        if not equals or not name or not sections:
            raise LenetError(f"{path} is not a readable net of Darknet",
                             f"Line {number} is `{clean(whole[:60].strip())}`.",
                             "a line is `[section]` or `name=value`")  # fmt: skip
        sections[-1].values.setdefault(name, value.split("#")[0])  # the first one counts
        sections[-1].lines.setdefault(name, number)
    if not sections or sections[0].kind != "network":
        raise LenetError(
            f"{path} is not a readable net of Darknet", "It does not begin with [net]."
        )
    return sections


def read_text(path: Path) -> str:
    """A file of text; LenetError."""
    try:
        return read_file(path, _LARGEST).decode()
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise LenetError(f"cannot read {path}", "It is no UTF-8 text.") from None

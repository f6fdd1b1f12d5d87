"""A kernel as a value: what is known of it need not be read from its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
NAME = "$"  # in a kernel's text it stands for the layer's name: no Python has this character


@dataclass(frozen=True)
class Function:
    """The function NAME_suffix, whose layer gets its name only when it is written.

    `parameters` are what it takes, `body` its statements, `result` the type of what it returns, if
    anything. `tiles` are the lines before it, which make what it alone calls. `numbers` are those
    of a layer that the body knows by names and takes behind its parameters: functions that differ
    in them only are compiled once. A number that loops of tiles should know stays in the body.
    """

    suffix: str
    parameters: tuple[str, ...]
    doc: str
    body: str
    tiles: str = ""
    result: str = ""
    numbers: tuple[tuple[str, int], ...] = ()

    def arguments(self, known: Mapping[str, T]) -> tuple[T | str, ...]:
        """Of a call: the `known` parameters, and the numbers."""
        return (*(known[name] for name in self.parameters), *(str(n) for _, n in self.numbers))

    def source(self, name: str) -> str:
        """The text of a layer's function; `name` may be NAME itself."""
        names = (*self.parameters, *(name for name, _ in self.numbers))
        head = f"{NAME}_{self.suffix}({', '.join(names)})"
        text = definition(head, self.doc, self.body, self.result)
        return (self.tiles + text).replace(NAME, name)


def definition(head: str, doc: str, body: str, result: str = "", decorator: str = "Kernel") -> str:
    """The text of a function; `head` is its name and, in brackets, its parameters."""
    lines = "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines())
    arrow = f" -> {result}" if result else ""
    return f'@{decorator}\ndef {head}{arrow}:\n    """{doc}"""\n{lines}\n'

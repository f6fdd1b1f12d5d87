"""A kernel as a value: what is known of it need not be read from its text."""

from dataclasses import dataclass

NAME = "$"  # in a kernel's text it stands for the layer's name: no Python has this character


@dataclass(frozen=True)
class Function:
    """The function NAME_suffix, whose layer gets its name only when it is written.

    `parameters` are what it takes, `body` its statements, `result` the type of what it returns, if
    anything. `tiles` are the lines before it, which make what it alone calls.
    """

    suffix: str
    parameters: tuple[str, ...]
    doc: str
    body: str
    tiles: str = ""
    result: str = ""

    def source(self, name: str) -> str:
        """The text of a layer's function; `name` may be NAME itself."""
        head = f"{NAME}_{self.suffix}({', '.join(self.parameters)})"
        text = definition(head, self.doc, self.body, self.result)
        return (self.tiles + text).replace(NAME, name)


def definition(head: str, doc: str, body: str, result: str = "", decorator: str = "Kernel") -> str:
    """The text of a function; `head` is its name and, in brackets, its parameters."""
    lines = "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines())
    arrow = f" -> {result}" if result else ""
    return f'@{decorator}\ndef {head}{arrow}:\n    """{doc}"""\n{lines}\n'

"""A file's mistakes, and other errors of ours, as a notebook shows them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean, clean_lines, escape
from lenet.dsl.messages.diagnostics import Diagnostic, SpecError, render

_MOST = 30  # that a person may want to scroll through below a cell
# Of the codes of colours, those that are to be told apart on white and on black.
_COLOURS = {"31": "#c9464f", "33": "#b7791f", "36": "#1b9aaa"}
_CODE = re.compile(r"\x1b\[(\d+)m")
_BOLD, _RED, _END = "\x1b[1m", "\x1b[31m", "\x1b[0m"


@dataclass(frozen=True)
class Mistakes:
    """The diagnostics of a text: each with its line, the place underlined, and what mends it."""

    path: str
    source: str
    diagnostics: tuple[Diagnostic, ...]
    imports: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "\n".join(self._texts(colour=False))

    def _repr_html_(self) -> str:
        texts = "\n".join(map(coloured, self._texts(colour=True)))
        return (
            '<pre style="margin:0;font:12px/1.5 monospace;white-space:pre;overflow-x:auto;'
            f'max-width:100%">{texts}</pre>'
        )

    def _texts(self, colour: bool) -> list[str]:
        shown = islice(self.diagnostics, _MOST)
        texts = [render(each, self.path, self.source, colour, self.imports) for each in shown]
        more = len(self.diagnostics) - _MOST
        return texts + ([f"… and {more:,} more"] if more > 0 else [])


def coloured(text: str) -> str:
    """HTML of a text with a terminal's codes of colours: of those that `render` writes."""
    parts, opened = [], 0
    at = 0
    for code in _CODE.finditer(text):
        parts.append(escape(text[at : code.start()]))
        at = code.end()
        if code[1] == "0":
            parts.append("</span>" * opened)
            opened = 0
        else:
            colour = _COLOURS.get(code[1])
            style = f"color:{colour}" if colour else "font-weight:bold"
            parts.append(f'<span style="{style}">')
            opened += 1
    return "".join(parts) + escape(text[at:]) + "</span>" * opened


def error_lines(error: LenetError) -> list[str]:
    """What IPython shows of an error of ours in place of a traceback: the message and its fix."""
    if isinstance(error, SpecError):
        shown = Mistakes(error.path, error.source, error.diagnostics, error.imports)
        return [*shown._texts(colour=True), clean(error.title)]
    lines = [f"{_RED}{_BOLD}error: {clean(error.title)}{_END}"]
    for label, words in (("", error.detail), ("fix: ", error.python or error.fix)):
        if words:
            first, *rest = clean_lines(words).splitlines()
            lines.append(f"  {_BOLD}{label}{_END}{first}" if label else f"  {first}")
            lines += [f"  {' ' * len(label)}{line}" for line in rest]
    return lines

"""A diagnostic is a value: what is wrong, where, why, and what to write instead."""

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from lenet.dsl.errors import LenetError
from lenet.dsl.files import is_descriptor, open_file
from lenet.dsl.messages.clean import clean, clean_lines
from lenet.dsl.syntax.tree import Span


@dataclass(frozen=True)
class Related:
    """A second place, such as where a name was first used."""

    span: Span
    label: str


@dataclass(frozen=True)
class Edit:
    """Replace what lies between two places by `text`; lines and columns count from 1, the end is
    exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    file: str = ""

    @classmethod
    def of(cls, span: Span, text: str) -> "Edit":
        return cls(span.line, span.column, span.line, span.end_column, text, span.file)

    @classmethod
    def behind(cls, span: Span, text: str) -> "Edit":
        return cls(span.line, span.end_column, span.line, span.end_column, text, span.file)

    @classmethod
    def line_before(cls, span: Span, text: str) -> "Edit":
        """A new line above the span's, with its indentation: the span must begin the line."""
        added = f"{text}\n{' ' * (span.column - 1)}"
        return cls(span.line, span.column, span.line, span.column, added, span.file)

    @classmethod
    def remove_line(cls, span: Span) -> "Edit":
        return cls(span.line, 1, span.line + 1, 1, "", span.file)


@dataclass(frozen=True)
class Diagnostic:
    """`edits`, where there are any, do what `fix` says. `strict` makes an error of a warning."""

    code: str
    span: Span
    title: str
    detail: str = ""
    fix: str = ""
    related: tuple[Related, ...] = ()
    edits: tuple[Edit, ...] = ()
    strict: bool = False

    @property
    def severity(self) -> str:
        return "warning" if self.code.startswith("W") and not self.strict else "error"

    def as_dict(self, path: str) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": path_of(path, self.span.file),
            "line": self.span.line,
            "column": self.span.column,
            "end_line": self.span.line,
            "end_column": self.span.end_column,
            "title": self.title,
            "detail": self.detail,
            "fix": self.fix,
            "related": [
                {
                    "file": path_of(path, r.span.file),
                    "line": r.span.line,
                    "column": r.span.column,
                    "label": r.label,
                }
                for r in self.related
            ],
        }


class SpecError(LenetError):
    """A file with errors; `diagnostics` holds all of them, warnings too."""

    def __init__(
        self,
        path: str,
        source: str,
        diagnostics: tuple[Diagnostic, ...],
        imports: Mapping[str, str] | None = None,
    ) -> None:
        errors = sum(d.severity == "error" for d in diagnostics)
        count = "1 error" if errors == 1 else f"{errors} errors"
        text = "\n".join(render(d, path, source, imports=imports) for d in diagnostics)
        super().__init__(f"{path} has {count}", text)
        self.path = path
        self.source = source
        self.diagnostics = diagnostics
        self.imports = imports or {}


def path_of(path: str, file: str) -> str:
    """The path of an imported file, as seen from where `path` is seen; `path` itself for ""."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path


_MAX_BYTES = 2**20
_MAX_WIDTH = 160
_RED, _YELLOW, _CYAN, _BOLD, _END = "\033[31m", "\033[33m", "\033[36m", "\033[1m", "\033[0m"


def render(
    diagnostic: Diagnostic,
    path: str,
    source: str,
    colour: bool = False,
    imports: Mapping[str, str] | None = None,
) -> str:
    """The diagnostic as a person reads it, with the source line and the place underlined.

    `imports` are the texts of imported files, by the path in their spans.
    """

    def paint(codes: str, text: str) -> str:
        return f"{codes}{text}{_END}" if colour else text

    tone = _YELLOW if diagnostic.severity == "warning" else _RED
    span = diagnostic.span
    head = f"{diagnostic.severity}[{diagnostic.code}]: {clean(diagnostic.title)}"
    texts = {"": source, **(imports or {})}
    numbers = [span.line] + [related.span.line for related in diagnostic.related]
    margin = len(str(max(numbers)))

    def quote(place: Span, mark: str, label: str, codes: str) -> Iterable[str]:
        lines = _lines(texts[place.file])
        text = lines[place.line - 1] if place.line <= len(lines) else ""
        text, first, width = _window(text, place.column - 1, place.end_column - 1)
        bar = paint(_CYAN, "|")
        yield f"{paint(_CYAN, str(place.line).rjust(margin))} {bar} {text}".rstrip()
        under = paint(codes, mark * width + (f" {clean(label)}" if label else ""))
        yield f"{' ' * margin} {bar} {' ' * first}{under}"

    arrow = paint(_CYAN, "-->")
    place = f"{clean(path_of(path, span.file))}:{span.line}:{span.column}"
    out = [paint(tone + _BOLD, head), f"{' ' * margin}{arrow} {place}"]
    out += quote(span, "^", "", tone)
    shown = span.file
    for related in diagnostic.related:
        if related.span.file != shown:
            shown = related.span.file
            at = f"{clean(path_of(path, shown))}:{related.span.line}:{related.span.column}"
            out.append(f"{' ' * margin}{paint(_CYAN, ':::')} {at}")
        out += quote(related.span, "-", related.label, _CYAN)
    for label, text in (("", diagnostic.detail), ("fix: ", diagnostic.fix)):
        if text:
            first, *rest = clean_lines(text).splitlines()
            out.append(f"{' ' * margin} {paint(_CYAN, '=')} {paint(_BOLD, label)}{first}")
            out += [f"{' ' * (margin + 3 + len(label))}{line}" for line in rest]
    return "\n".join(out) + "\n"


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """What is shown of a line, and where its cells start..end begin and how wide they are."""
    if len(line) > _MAX_WIDTH:
        skipped = max(0, min(start - 30, len(line) - _MAX_WIDTH))
        line = line[skipped : skipped + _MAX_WIDTH] + "…" * (skipped + _MAX_WIDTH < len(line))
        line = "…" * bool(skipped) + line
        start, end = (k - skipped + bool(skipped) for k in (start, end))
    line = line.replace("\t", " ")
    before, marked, behind = map(clean, (line[:start], line[start:end], line[end:]))
    return before + marked + behind, cells(before), max(1, cells(marked))


@lru_cache(maxsize=8)
def _lines(source: str) -> list[str]:
    return source.split("\n")


def cells(text: str) -> int:
    """The columns that a terminal needs: two for Chinese, none for a combining accent."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def read_source(path: str | Path, imported: bool = False) -> str:
    """The text of a file, or a LenetError that says why it cannot be read. Who names it may mean a
    pipe, such as /dev/stdin; what a file imports is a file."""
    try:
        piped = is_descriptor(path) and not imported
        with open(path, "rb") if piped else open_file(path) as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    return decoded(data, path)


def decoded(data: bytes, path: str | Path) -> str:
    """The text that the bytes of a file, or of what has its place, stand for."""
    if data[8:9] == b"{" and 0 < int.from_bytes(data[:8], "little") < _MAX_BYTES:
        raise LenetError(
            f"{path} is a model, and no .lenet file",
            "What is wanted here is the file that says how to train one.",
            "name the .lenet file; models are for `lenet predict`, `evaluate`, `serve`, `export`",
            "name the .lenet file; `lenet.open` opens a model",
        )
    if len(data) > _MAX_BYTES:
        raise LenetError(
            f"{path} is too long",
            f"A .lenet file has at most {_MAX_BYTES:,} bytes.",
            "is this really a .lenet file?",
        )
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        written = b"\0" not in data or data.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16
        raise LenetError(
            f"cannot read {path}",
            f"line {line} is not UTF-8 text (byte 0x{data[error.start]:02x})",
            "save the file as UTF-8" if written else "is this really a .lenet file?",
        ) from None
    if "\0" in text:
        raise LenetError(f"cannot read {path}", "it holds a zero byte, so it is not text")
    return text


def imports_of(path: str | Path) -> Callable[[str], str]:
    """Reads the files that the one at `path` imports, by their paths from its folder."""
    folder = Path(path).parent
    return lambda name: read_source(folder / name, imported=True)


_MOST_NAMES = 300  # that are compared with a word


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was mistyped or cut short, or None: one that only looks alike was
    hardly meant. Of very many known words, only the first are looked at."""
    return _closest(word, tuple(islice(known, _MOST_NAMES)))


@lru_cache(maxsize=1000)
def _closest(word: str, known: tuple[str, ...]) -> str | None:
    found = [(slips, name) for name in known if (slips := _slips(word, name)) is not None]
    return min(found, key=lambda pair: pair[0])[1] if found else None


@lru_cache(maxsize=4096)
def _letters(text: str) -> tuple[str, list[str], frozenset[str]]:
    """The word as it is compared, the numbers in it, and its letters."""
    plain = text.lower().replace("_", "").replace("-", "")
    return plain, re.findall(r"\d+", plain), frozenset(plain)


def _slips(first: str, second: str) -> float | None:
    """How many slips of the pen make `first` of `second`; None where they are too many."""
    (word, numbers, letters), (name, others, more) = _letters(first), _letters(second)
    if numbers != others and len(numbers) == len(others):
        return None  # cifar100 is not cifar10
    # Each slip changes two letters at most.
    slips = _distance(word, name) if len(letters ^ more) <= 4 else 3
    most = 0 if len(word) < 3 else 1 if len(word) < 5 else 2
    if slips <= most and (slips < 2 or word[0] == name[0]):
        return slips
    return 2.5 if len(word) > 2 and name.startswith(word) else None


def _distance(first: str, second: str) -> int:
    """Letters that are wrong, missing, too many, or exchanged with the next one."""
    if abs(len(first) - len(second)) > 2:
        return 3
    rows = [list(range(len(second) + 1))]
    for i, a in enumerate(first, start=1):
        row = [i]
        for j, b in enumerate(second, start=1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)))
            if i > 1 and j > 1 and (a, b) == (second[j - 2], first[i - 2]):
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]

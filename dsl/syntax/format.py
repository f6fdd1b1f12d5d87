"""The canonical layout of a file: `lenet fmt`.

Lines that cannot be read stay as they are, and so does the order of all lines. Nothing but
spaces, empty lines and the way of writing numbers apart changes, so the graph stays the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from lenet.dsl.sections import SECTIONS
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.parse import MAX_DEPTH, MAX_LINES, code_of, parse
from lenet.dsl.syntax.tree import Let, Line, Statement
from lenet.dsl.syntax.write import show_head, show_sizes

_INDENT = "  "
_GAP = " " * 4  # before a name
_LONG = 25  # a line without name and shape that is as long leaves the columns alone
_NEAR = " " * 3  # before a shape
_TOO_LONG = "E006"
_UNREADABLE = ("E001", "E002", "E003", _TOO_LONG)
_APART = ("block", "table", *SECTIONS)


@dataclass
class _Row:
    """One line of the result: code in columns, or a comment, or nothing."""

    depth: int = 0
    head: str = ""
    name: str = ""
    shape: str = ""
    comment: str = ""
    apart: bool = False  # whether empty lines go around it and its body
    plain: bool = False  # whether its columns are left alone

    @property
    def empty(self) -> bool:
        return not (self.head or self.comment)

    @property
    def code(self) -> bool:
        return bool(self.head)


def format_text(text: str, shapes: Mapping[int, tuple[Shape | None, Shape]] | None = None) -> str:
    """The text in its canonical layout.

    `shapes` are, by line number, the shapes before and behind the lines of the file itself; with
    them, lines that change the shape get a `->` and those that have one get the right one. A text
    of more lines than are read stays as it is.
    """
    if text.rstrip().count("\n") >= MAX_LINES:
        return text
    tree, problems = parse(text)
    unreadable = {p.span.line for p in problems if p.code in _UNREADABLE}
    placed: dict[int, tuple[int, Statement]] = {}
    tables: dict[int, tuple[int, str]] = {}
    for statement in tree.statements:
        for depth, line in _walk(statement, 0):
            placed[line.span.line] = (depth, line)
            if isinstance(line, Line):
                for cells in line.rows:
                    text_of_row = " ".join(cell.text for cell in cells.cells)
                    tables[cells.span.line] = (depth + 1, text_of_row)
    rows: list[_Row] = []
    waiting: list[tuple[_Row, int]] = []  # comments, with their indentation, before the next line
    before = 0  # the depth of the last line of code
    for number, source in enumerate(text.split("\n"), start=1):
        code = code_of(source)
        comment = source[len(code) :].strip(" \t\r")
        code = code.strip(" \t\r") if code.strip() else ""  # other white space is a mistake
        if number in tables:
            depth, row_text = tables[number]
            row = _Row(depth, row_text, comment=comment, plain=True)
        elif number in placed and code:
            row = _code_row(*placed[number], code, comment, (shapes or {}).get(number))
            if number in unreadable:  # what was meant is not for the layout to say
                row = _Row(row.depth, code, comment=comment, apart=row.apart, plain=True)
        elif code:  # beyond what was read
            row = _Row(MAX_DEPTH, code, comment=comment, plain=True)
        else:
            row = _Row(comment=comment)
            if comment:
                waiting.append((row, len(source) - len(source.lstrip(" \t"))))
            rows.append(row)
            continue
        indent = len(source) - len(source.lstrip(" \t"))
        for comment_row, column in waiting:
            # A comment belongs to what follows, unless it is indented like the body before it.
            comment_row.depth = max(before, row.depth) if column > indent else row.depth
        waiting.clear()
        rows.append(row)
        before = row.depth
    for comment_row, column in waiting:
        comment_row.depth = before if column else 0
    written = _write(_spaced(rows))
    if written != text and any(p.code == _TOO_LONG for p in problems):
        return format_text(written)  # a line that was too long by its spaces can be read now
    return written


def _walk(statement: Statement, depth: int) -> Iterator[tuple[int, Statement]]:
    yield depth, statement
    if isinstance(statement, Line):
        for child in statement.body:
            yield from _walk(child, depth + 1)


def _code_row(
    depth: int, statement: Statement, code: str, comment: str,
    shapes: tuple[Shape | None, Shape] | None,
) -> _Row:  # fmt: skip
    if isinstance(statement, Let):
        return _Row(depth, show_head(statement), comment=comment, plain=True)
    keyword = statement.keyword.text
    if not keyword:
        return _Row(depth, code, comment=comment, plain=True)
    apart = depth == 0 and keyword in _APART
    if keyword == "block":
        return _Row(depth, show_head(statement), comment=comment, apart=apart, plain=True)
    shape = f"-> {show_sizes(statement.shape)}" if statement.shape else ""
    if shapes is not None and keyword not in ("input", "expect"):
        before, behind = shapes
        if statement.shape or before != behind:
            shape = f"-> {show(behind)}"
    name = f"as {statement.name.text}" if statement.name else ""
    head = show_head(statement)
    if not _reads_back(head, statement):
        return _Row(depth, code, comment=comment, apart=apart, plain=True)
    return _Row(depth, head, name, shape, comment, apart)


def _reads_back(head: str, line: Line) -> bool:
    """Whether it is the same line: a constant that is called x, alone between spaces, would join
    what stands around it."""
    again = parse(head)[0].statements[0]
    return isinstance(again, Line) and len(again.items) == len(line.items)


def _spaced(rows: list[_Row]) -> list[_Row]:
    """One empty line where there are some, and around blocks, tables and sections."""
    spaced: list[_Row] = []
    leading = _leading(rows)
    follows = False  # whether the last line at the left margin was a block, table or section
    for k, row in enumerate(rows):
        if row.empty:
            if spaced and not spaced[-1].empty:
                spaced.append(row)
            continue
        begins = row.apart or (row.depth == 0 and k in leading)
        ends = row.depth == 0 and not begins and follows
        leads = spaced and not spaced[-1].empty and not spaced[-1].code and spaced[-1].depth == 0
        if spaced and not spaced[-1].empty and (begins and not leads or ends):
            spaced.append(_Row())
        spaced.append(row)
        if row.code and row.depth == 0:
            follows = row.apart
    while spaced and spaced[-1].empty:
        spaced.pop()
    return spaced


def _leading(rows: list[_Row]) -> set[int]:
    """The comments right above a block, table or section."""
    found: set[int] = set()
    leads = False
    for k in range(len(rows) - 1, -1, -1):
        row = rows[k]
        if row.code:
            leads = row.apart
        elif row.empty:
            leads = False
        elif leads:
            found.add(k)
    return found


def _write(rows: list[_Row]) -> str:
    codes = []
    for row, (heads, names) in zip(rows, _columns(rows), strict=True):
        code = row.head
        if not row.plain and (row.name or row.shape):
            code = row.head.ljust(heads) + _GAP
            if names:
                code += row.name.ljust(names) + (_NEAR if row.shape else "")
            code += row.shape
        codes.append(code.rstrip(" "))
    lines = []
    columns = _comment_columns(rows, codes)
    for row, code, column in zip(rows, codes, columns, strict=True):
        text = code
        if row.comment and code:
            text = code.ljust(column) + f"  {row.comment}"
        elif row.comment:
            text = row.comment
        lines.append((_INDENT * row.depth + text).rstrip(" ") if text else "")
    return "\n".join(lines) + "\n" if lines else ""


def _columns(rows: list[_Row]) -> list[tuple[int, int]]:
    """For each row the widths of heads and names in its run: the lines of one body that follow
    each other without an empty line, whatever bodies of their own they have.
    """
    runs: list[list[int]] = []
    run_of: dict[int, int] = {}
    open_runs: dict[int, int] = {}
    for k, row in enumerate(rows):
        if row.empty:
            open_runs.clear()
        if not row.code:
            continue
        open_runs = {depth: run for depth, run in open_runs.items() if depth <= row.depth}
        if row.depth not in open_runs:
            open_runs[row.depth] = len(runs)
            runs.append([])
        runs[open_runs[row.depth]].append(k)
        run_of[k] = open_runs[row.depth]
    widths = []
    for run in runs:
        layers = [rows[k] for k in run if not rows[k].plain]
        named = [row for row in layers if row.name or row.shape]
        heads = max(
            (len(r.head) for r in layers if r.name or r.shape or len(r.head) < _LONG), default=0
        )
        # A name that nothing follows may be longer.
        names = [len(row.name) for row in named if row.shape and row.name]
        alone = [len(row.name) for row in named if not row.shape]
        widths.append((heads, max(names or alone, default=0)))
    return [widths[run_of[k]] if k in run_of else (0, 0) for k in range(len(rows))]


def _comment_columns(rows: list[_Row], codes: list[str]) -> list[int]:
    """Comments behind lines that follow each other, in one body, stand in a column."""
    columns: list[int] = []
    lines = zip(rows, codes, strict=True)
    for _, run in groupby(
        lines, key=lambda line: (line[0].code, line[0].depth, line[0].comment > "")
    ):
        widths = [len(code) for _, code in run]
        columns += [max(widths)] * len(widths)
    return columns

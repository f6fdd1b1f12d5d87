"""Lines that cannot be read."""

import unicodedata
from collections.abc import Sequence

from lenet.dsl.messages.codes import NET, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.messages.phrases import replacing
from lenet.dsl.syntax.tree import Span

E001 = Code(
    "a character that has no place here",
    "A line is LAYER arguments… [as NAME] [-> SHAPE]. Lists need no commas or brackets, sizes "
    "are joined by the letter x, and a comment begins with #.",
    "input 1x28x28\nconv 6, 5, 5\n",
)


_REMOVE = "remove it, or put # before a comment"


_FORM = "A line is LAYER arguments… [as NAME] [-> SHAPE]."


_INSTEAD = {
    "×": "write the letter x between sizes: 6x5x5",
    "→": "write -> before a shape",
    "−": "write a plain -",
    "–": "write a plain -",
    "“": 'write plain quotation marks: "',
    "”": 'write plain quotation marks: "',
    "'": 'write double quotation marks: "',
    '"': 'close the text with another " on the same line',
    "/": "a comment begins with #",
    ";": "put each layer on a line of its own",
    ".": "write a digit before the point: 0.5",
    "%": "write the fraction: 0.5 for 50%",
    "-": "numbers are not negative here: leave the - out",
    "=": "write an option as `stride 2`, a constant as `let width = 16`",
    "->": "one `->` ends the line, and a name comes before it: `as NAME -> SHAPE`",
    ")": "it has no ( before it: remove it",
} | dict.fromkeys(",[]{}:", "lists need no commas or brackets: write `conv 6x5x5 stride 2`")


_PLAIN = {"×": "x", "→": "->", "−": "-", "–": "-"}  # written by an editor that means well


def unexpected_character(span: Span, text: str, before: str) -> Diagnostic:
    """`before` is the line up to here."""
    fix = _INSTEAD.get(text) or _INSTEAD.get(text[0])
    plain = _PLAIN.get(text)
    if text == "->" and before.split()[-1:] == ["as"]:
        fix = "write a name behind `as`: `as conv1`"
    elif fix is None and before.count("(") > before.count(")"):
        fix = "close the parenthesis before it"
    shown = f"`{text}`"
    if text.isspace():
        fix = "write a plain space"
    if not text.isprintable() or text.isspace():
        shown = f"the character {unicodedata.name(text[0], '')} U+{ord(text[0]):04X}"
        shown = shown.replace("  ", " ")
    if text.isspace():
        plain = " "
    return Diagnostic(
        "E001", span, f"I did not expect {shown} here", _FORM, fix or _REMOVE,
        edits=replacing(span, plain),
    )  # fmt: skip


E002 = Code(
    "a word that has no place here",
    "The name and the shape end a line, in this order, and each once. What follows them "
    "belongs on a line of its own.",
    "input 1x28x28\nconv 6x5x5 as conv1 stride 2\n",
)


def unexpected_word(span: Span, text: str, before: str) -> Diagnostic:
    """A word or a number stands where the grammar takes none. `before` is the line up to here."""
    words = before.split()
    if not words:
        detail, fix = _FORM, "begin the line with a word, such as `conv` or `let`"
    elif words[0] == "let":
        detail, fix = "A constant is defined as let NAME = VALUE.", "write `let width = 16`"
    elif before.count("(") > before.count(")"):
        detail, fix = _FORM, "close the parenthesis before it"
    elif text.lower() == "x":
        detail, fix = _FORM, "write a small x between two sizes: 6x5x5"
    elif text.lower().startswith("x") and before[-1:].isdigit():
        detail, fix = _FORM, "join sizes with a small x, and with spaces where there are names"
    elif words[-1] == "as":
        detail, fix = _FORM, "begin the name with a letter: `as conv1`"
    elif text == "as":
        detail, fix = _FORM, "write one name, before the shape: `as NAME -> SHAPE`"
    elif "->" in words:
        detail, fix = _FORM, "remove it, or put it on a line of its own: the shape ends the line"
    elif "as" in words:
        detail, fix = _FORM, "write the name as one word, at the end of the line"
    else:
        detail, fix = _FORM, "put a space before it, or a line of its own"
    return Diagnostic("E002", span, f"I did not expect `{text}` here", detail, fix)


E003 = Code(
    "a line that ends too soon",
    "Behind `as` a name is due, behind `->` a shape, behind an operator a number, and every "
    "parenthesis is closed on its line.",
    "input 1x28x28\nconv 6x5x5 as\n",
)


def unexpected_end(span: Span, before: str) -> Diagnostic:
    """A line stops where more is due. `before` is all of it."""
    words = before.split()
    detail, fix = "Something must follow here.", "finish the line"
    if words[:1] == ["let"]:
        detail, fix = "A constant is defined as let NAME = VALUE.", "write `let width = 16`"
    elif words[-1:] == ["as"]:
        detail, fix = "A name must follow.", "write a name behind `as`: `as conv1`"
    elif words[-1:] == ["->"]:
        detail, fix = "A shape must follow.", "write a shape behind the arrow: `-> 6x24x24`"
    elif before.rstrip().endswith(("+", "-", "*", "/", "(")):
        detail, fix = "A number must follow.", "write a number here"
    elif before.count("(") > before.count(")"):
        detail, fix = "A parenthesis is still open.", "close it with )"
    return Diagnostic("E003", span, "this line ends too soon", detail, fix)


E004 = Code(
    "a tab",
    "Indentation makes bodies, and how wide a tab is depends on the editor. Spaces mean the "
    "same everywhere.",
    NET + "data digits\ntrain\n\trate 0.1\n",
)


def tab(line: Span, columns: Sequence[int], margin: int) -> Diagnostic:
    """`line` are the words of a line with tabs in these columns, and `margin` the spaces that its
    indentation stands for."""
    number, file = line.line, line.file
    edits = [
        Edit(number, column, number, column + 1, " ", file)
        for column in columns
        if column > line.column
    ]
    if columns[0] < line.column:
        edits.insert(0, Edit(number, 1, number, line.column, " " * margin, file))
    return Diagnostic(
        "E004",
        Span(number, columns[0], columns[0] + 1, file),
        "there is a tab in this line",
        "How wide a tab is depends on the editor, and indentation has a meaning here.",
        "use spaces",
        edits=tuple(edits),
    )


E005 = Code(
    "an indentation that fits no line above",
    "All lines of a body are indented alike, and more than the line they belong to. Two "
    "spaces are usual; `lenet fmt` writes them.",
    NET + "data digits\ntrain\n    rate 0.1\n  batch 32\n",
)


def indentation(span: Span, indent: int, outer: int, expected: int) -> Diagnostic:
    """A line is indented unlike those of the body that it stands in, which have `expected` spaces,
    and the line above them `outer`."""
    return Diagnostic(
        "E005",
        span,
        "this line's indentation fits no line above",
        f"It is indented by {indent} spaces; the lines above it by {outer} and {expected}.",
        f"indent it by {expected} spaces, like the lines of the same body",
        edits=(Edit(span.line, 1, span.line, span.column, " " * expected, span.file),),
    )


def indented(span: Span) -> Diagnostic:
    """A line is indented, and no line above has a body."""
    return Diagnostic(
        "E005",
        span,
        "this line is indented, but belongs to no line above",
        "Only the lines of a body are indented: below `train`, `repeat 3`, `block NAME`, …",
        "remove the spaces before it",
        edits=(Edit(span.line, 1, span.line, span.column, "", span.file),),
    )


E006 = Code(
    "a text too long or too deep to be meant",
    "A line has at most 2,000 characters, a file 10,000 lines and 1 MiB, and bodies are nested "
    "at most 40 deep: beyond that it is most likely no .lenet file.",
    "input " + "1+" * 300 + "1\n",
)


def line_too_long(span: Span, length: int, limit: int) -> Diagnostic:
    """A line has more than `limit` characters."""
    return Diagnostic(
        "E006",
        span,
        "this line is too long to be meant",
        f"It has {length} characters; the limit is {limit}.",
        "is this really a .lenet file?",
    )


def too_many_lines(span: Span, limit: int) -> Diagnostic:
    """A file has more than `limit` lines."""
    return Diagnostic(
        "E006",
        span,
        "this file is too long to be meant",
        f"I stop reading here: the limit is {limit:,} lines.",
        "is this really a .lenet file?",
    )


def too_deep(span: Span, limit: str) -> Diagnostic:
    """Bodies or parentheses are nested too deeply, or blocks in blocks; `limit` has its unit."""
    return Diagnostic(
        "E006",
        span,
        "this line is nested too deeply",
        f"The limit is {limit}.",
        "write it in a simpler way, or in parts with `let`",
    )


def negative_without_brackets(span: Span, option: str, number: str) -> Diagnostic:
    """`low -2` reads as a subtraction."""
    return Diagnostic(
        "E016",
        span,
        f"`{option} -{number}` reads as a subtraction",
        fix=f"put the negative number in brackets: `{option} (-{number})`",
        edits=(Edit.of(span, f"{option} (-{number})"),),
    )

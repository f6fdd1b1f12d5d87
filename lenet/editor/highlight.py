"""Highlighting of `.lenet` text in everything that uses Pygments: Sphinx, MkDocs, Jupyter, rich."""

import re

from pygments.lexer import RegexLexer, bygroups, include, words
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS

_JOINS = [layer.name for layer in layers().values() if layer.joins]
_BLANK = r"[^\S\n]+"
_END = r"(?![.-]*\w)"
_NAME = rf"[A-Za-z_](?:[\w.-]*\w)?{_END}"
_BEFORE = r"(?:(?<=[-+*/(])|(?<=[-+*/] )|(?<= x )|(?<=[\d)]x))"
_AFTER = rf"(?=(?:{_BLANK})?(?:x\s|[+*/)]|-(?!>)))"


class LenetLexer(RegexLexer):
    """Knows how lines are built, and no layer or option: new ones need no change here.

    Each line's first word stands out, and within it names, sizes and shapes.
    """

    name = "lenet"
    aliases = ["lenet"]
    filenames = ["*.lenet"]
    flags = re.MULTILINE | re.ASCII

    tokens = {
        "root": [
            (rf"(table){_END}({_BLANK})?({_NAME})?", bygroups(Keyword, Whitespace, Name.Class),
             "table"),
            (rf"(block)({_BLANK})({_NAME})", bygroups(Keyword, Whitespace, Name.Class), "header"),
            (rf"(let)({_BLANK})({_NAME})", bygroups(Keyword, Whitespace, Name.Constant), "header"),
            (words(list(SECTIONS), suffix=_END), Keyword.Namespace, ("section", "items")),
            (words([*STRUCTURE, *_JOINS], suffix=_END), Keyword, "items"),
            (_NAME, Name.Function, "items"),
            include("space"),
        ],
        "space": [(rf"{_BLANK}|\n", Whitespace), (r"#[^\n]*", Comment.Single)],
        # Tables and sections stand at the margin and reach to the next line that does.
        "margin": [(r"^(?=[^\s#])", bygroups(), "#pop")],
        "table": [
            include("margin"),
            include("space"),
            (r"X(?![^\s#])", Keyword.Constant),
            (r"\.(?![^\s#])", Punctuation),
            (r"[^\s#]+", Error),
        ],
        "section": [include("margin"), include("space"), (_NAME, Name.Builtin, "items")],
        "items": [
            (rf"(as)({_BLANK})({_NAME})", bygroups(Keyword, Whitespace, Name.Label)),
            (rf"(->)({_BLANK})?([^#\n]*[^#\s])?", bygroups(Operator, Whitespace, Keyword.Type)),
            (r'"[^"\n]*"?', String.Double),
            (rf"{_BEFORE}{_NAME}|{_NAME}{_AFTER}", Name.Variable),
            include("sizes"),
            (_NAME, Name.Attribute),
        ],
        "header": [include("sizes"), (_NAME, Name.Variable)],
        "sizes": [
            (r"\n", Whitespace, "#pop"),
            include("space"),
            (r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", Number),
            (r"(?<=[\d)])x(?=[\w( ])|(?<= )x(?= )", Operator),
            (r"[-+*/=]", Operator),
            (r"[(),]", Punctuation),
        ],
    }  # fmt: skip

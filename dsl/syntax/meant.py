"""The line that was meant, where habits of other notations made it unreadable.

`rate 0,4`, `batch 2,048`, `conv 6,5,5`, `loss = nll`, `train:` and `width = 16`: each is put right
in the ways in which it may have been meant, and the first that means something here is taken.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from lenet.dsl.lower.bind import bind
from lenet.dsl.lower.values import Constants, Refused, evaluate_size
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS, read_lines
from lenet.dsl.syntax.fix import apply_edits
from lenet.dsl.syntax.tree import Let, Sizes, Statement

Parse = Callable[[str], Statement | None]

_WORD = r"[A-Za-z_][A-Za-z0-9_.-]*"
_PART = r"(?:\d+|[A-Za-z_]\w*)"
_LIST = re.compile(rf"(?:[\[({{]\s*)?\b({_PART}(?:\s*,\s*{_PART})+)(?:\s*[\])}}])?")
_DECIMALS = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")
_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d.,])")
_DEFINITION = re.compile(rf"({_WORD})\s*=(?!=)\s*\S")
_ASSIGNED = re.compile(r'(?<=\w)\s*[=:]\s*(?=[\w"(]|$)')
_ROUNDS = 5


def as_meant(found: Diagnostic, code: str, outer: str, parse: Parse) -> tuple[Diagnostic, str]:
    """A line that cannot be read, with the one that was meant as its fix, if that can be told; and
    this line, or "".

    `code` is the line without its comment, `outer` the first word of the line around, and `parse`
    gives what a text says that stands in line 1, or None.
    """
    text = code.strip(" ")
    mended = (_mended(candidate, outer, parse) for candidate in _candidates(text, outer, parse))
    meant = next((line for line in mended if line is not None), "")
    if not meant:
        return found, ""
    column = len(code) - len(code.lstrip(" ")) + 1
    place = replace(found.span, column=column, end_column=column + len(text))
    return replace(found, fix=f"write `{meant}`", edits=(Edit.of(place, meant),)), meant


def _candidates(text: str, outer: str, parse: Parse) -> Iterator[str]:
    """What may have been meant, the likeliest first."""
    text = text.rstrip(":;,").rstrip()
    first = re.match(_WORD, text)
    if first is None:
        return
    if outer in SECTIONS or _is_ours(first[0]):
        bare = _outside_texts(text, lambda part: _ASSIGNED.sub(" ", part))
        for line in dict.fromkeys((text, bare)):
            yield from _numbers(line, outer, parse)
    elif not outer and _DEFINITION.match(text) and first[0].lower() not in _words_of_lines():
        yield from _numbers(f"let {text}", outer, parse)
    else:
        yield from _numbers(text, outer, parse)


@cache
def _words_of_lines() -> frozenset[str]:
    """Those that begin lines of sections, others' words for them included."""
    return frozenset(
        word
        for section in SECTIONS.values()
        for word in (*section.lines, *section.aliases_of_lines)
    )


def _is_ours(word: str) -> bool:
    return word in layers() or word in STRUCTURE or word in SECTIONS


def _numbers(text: str, outer: str, parse: Parse) -> Iterator[str]:
    """A line whose commas were meant as points, as the x of sizes, as nothing or as spaces."""
    yield text
    if "," not in text:
        return
    thousands = _outside_texts(text, lambda part: _THOUSANDS.sub(_without_commas, part))
    if text.startswith("let ") and thousands != text:
        return  # either may be meant
    # Where half a one may stand, a comma is a decimal one.
    half = _outside_texts(text, lambda part: _DECIMALS.sub("0.5", part))
    if _mended(_spaced(half), outer, parse) is not None:
        yield _spaced(_outside_texts(text, lambda part: _DECIMALS.sub(r"\1.\2", part)))
    yield _outside_texts(text, lambda part: _LIST.sub(_joined, part))
    yield _spaced(thousands)


def _spaced(text: str) -> str:
    """With spaces for the commas that are left, as between options."""
    return _outside_texts(text, lambda part: re.sub(r"\s*,\s*", " ", part))


def _without_commas(found: re.Match[str]) -> str:
    return found[0].replace(",", "")


def _joined(found: re.Match[str]) -> str:
    parts = [part.strip() for part in found[1].split(",")]
    plain = all(part[0].isdigit() for part in parts)
    before = found.string[: found.start()][-1:]
    return " " * (before.isalnum()) + ("x" if plain else " x ").join(parts)


def _outside_texts(text: str, change: Callable[[str], str]) -> str:
    """The line with what is not in quotation marks changed."""
    parts = text.split('"')
    return '"'.join(part if k % 2 else change(part) for k, part in enumerate(parts))


def _mended(text: str, outer: str, parse: Parse) -> str | None:
    """The line, if it can be read, with all mistakes mended; None if that is not mechanical."""
    for _ in range(_ROUNDS):
        statement = parse(text)
        if statement is None or (isinstance(statement, Let) and outer):
            return None
        problems = [p for p in _problems(statement, outer) if p.code]
        if not problems:
            return text
        if not all(problem.edits for problem in problems):
            return None
        text = apply_edits(text, [problem.edits for problem in problems])
    return None


def _problems(statement: Statement, outer: str) -> list[Diagnostic]:
    """The mistakes of a line, as far as they can be known without the rest of the file."""
    if isinstance(statement, Let):
        return []
    constants = Constants()
    constants.incomplete = True  # names may be anything
    word = statement.keyword.text
    problems: list[Diagnostic] = []
    if outer in SECTIONS:
        section = replace(statement, body=(statement,), items=())
        read_lines(section, SECTIONS[outer], SECTIONS[outer].blank, constants, problems)
    elif word in layers():
        problems = bind(statement, layers()[word], constants)[2]
    elif word not in SECTIONS:  # the numbers of `repeat`, `expect` and blocks are whole
        for item in statement.items:
            parts = item.parts if isinstance(item, Sizes) else ()
            if len(parts) > 1:
                problems.append(messages.bad_line(item.span, word, word))
            try:
                for part in parts:
                    evaluate_size(part, constants, "", 0)
            except Refused as refused:
                problems.append(refused.diagnostic)
    return problems

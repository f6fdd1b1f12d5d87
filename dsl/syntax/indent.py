"""How far lines with tabs were meant to be indented: nobody can see how wide a tab is."""

from collections.abc import Sequence

from lenet.dsl.registry import layers
from lenet.dsl.sections import SECTIONS

_WIDTHS = (2, 4, 8, 3, 1, 5, 6, 7)  # the more usual first
_NEED_A_BODY = ("block", "repeat")
_HAVE_NONE = ("let", "import", "expect")
_AT_THE_MARGIN = ("input", "block", "table", *_HAVE_NONE, *SECTIONS)


def indent_of(code: str, width: int) -> int:
    """The columns before a line's first word, where tabs go on to the next multiple of `width`."""
    return len(_margin(code).expandtabs(width))


def has_tab(code: str) -> bool:
    """Whether a line is indented by a tab."""
    return "\t" in _margin(code)


def tab_width(codes: Sequence[str]) -> int:
    """The width of a tab with which the lines, none of them empty, fit together best."""
    if not any(map(has_tab, codes)):
        return _WIDTHS[0]
    return min(_WIDTHS, key=lambda width: _misfits(codes, width))


def has_body(keyword: str, outer: str) -> bool:
    """Whether a line may have lines below it; `outer` begins the line around. An unknown word may:
    it is perhaps misspelt."""
    layer = layers().get(keyword)
    return not (outer in SECTIONS or keyword in _HAVE_NONE or (layer and not layer.joins))


def _misfits(codes: Sequence[str], width: int) -> int:
    """How many lines lie in no body, in a wrong one, or lack one, with tabs of this width."""
    count = 0
    bodies = [(0, "")]  # that are open: their indentation, and the word that began them
    before = ""
    for code in codes:
        indent = indent_of(code, width)
        outer = bodies[-1][1]
        if indent > bodies[-1][0] and before and has_body(before, outer):
            bodies.append((indent, before))
        else:
            count += outer not in SECTIONS and _needs_a_body(before)
            while len(bodies) > 1 and indent < bodies[-1][0]:
                bodies.pop()
            count += indent != bodies[-1][0]
        before = code.split()[0]
        count += _joins(bodies[-1][1]) != (before == "path")
        count += before in _AT_THE_MARGIN and len(bodies) > 1
    return count


def _needs_a_body(keyword: str) -> bool:
    if keyword in SECTIONS:
        return SECTIONS[keyword].bare
    return _joins(keyword) or keyword in _NEED_A_BODY


def _joins(keyword: str) -> bool:
    return keyword in layers() and layers()[keyword].joins


def _margin(code: str) -> str:
    return code[: len(code) - len(code.lstrip(" \t"))]

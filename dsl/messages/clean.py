"""Text from outside as it may be shown: what a terminal would obey, and what nobody sees, as
escapes such as `\\x1b` and `\\u202e`."""

import html
import json
import re
from typing import Any

# Nothing is to be seen of these either, though they count as letters or as parts of them: fillers,
# joiners and variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _is_clean(character: str) -> bool:
    """Control, format and unassigned characters, lone surrogates, and what separates words or lines
    but for the plain space, are not; letters of any script and their accents are."""
    return character.isprintable() and not _UNSEEN.match(character)


def clean(text: str) -> str:
    """On one line. What stands for a byte of a file's name that is no UTF-8 is shown as that."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_clean(c) else _escaped(c) for c in text)


def clean_lines(text: str) -> str:
    """With its ends of lines and tabs."""
    return re.sub(r"[^\n\t]+", lambda part: clean(part[0]), text)


def _escaped(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    code = f"\\x{number:02x}" if number < 2**8 else f"\\u{number:04x}"
    return _NAMED.get(character, code if number < 2**16 else f"\\U{number:08x}")


def clean_json(value: Any, indent: int | None = None) -> str:
    """JSON that stands for the true text, with the same characters as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c == "\n" or _is_clean(c) else _json_escape(c) for c in text)


def _json_escape(character: str) -> str:
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def escape(text: str) -> str:
    """For HTML and SVG, between tags or in an attribute."""
    return html.escape(clean_lines(text))

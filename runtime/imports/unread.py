"""What cannot be read of another program's net."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean

_SHOWN = 20  # of them in a message
_LONGEST = 100  # characters of a name


class Unread(Exception):  # noqa: N818 - why a part is not, as the end of a sentence
    """Why the language has no words for a part of a net."""


@dataclass(frozen=True)
class Place:
    """A part that cannot be read: what it is called there, what it is, and why, if that is not
    that there is no word for it at all."""

    name: str
    kind: str
    why: str = ""


def unread_error(path: Path, places: Sequence[Place], fix: str = "") -> LenetError:
    """All of them at once, alike ones in one line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for place in places:
        names = groups.setdefault((place.kind, place.why), [])
        if place.name not in names:
            names.append(place.name)
    lines = []
    for (kind, why), names in list(groups.items())[:_SHOWN]:
        more = f" and {len(names) - 3:,} others" if len(names) > 3 else ""
        shown = ", ".join(clean(name[:_LONGEST]) for name in names[:3]) + more
        what = clean(kind[:_LONGEST])
        lines.append(f"{shown}: {what}, {clean(why)}" if why else f"{shown}: there is no {what}")
    if len(groups) > _SHOWN:
        lines.append(f"and {len(groups) - _SHOWN:,} others")
    return LenetError(f"the language has no words for parts of {path}", "\n".join(lines), fix)

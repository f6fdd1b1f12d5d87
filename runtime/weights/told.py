"""How many names become a few in a message."""

from collections.abc import Sequence

from lenet.dsl.messages.clean import clean

_SHOWN = 5  # names in a message
_LONGEST = 80  # characters of one


def listed(names: Sequence[str]) -> str:
    """The first of many names, and how many others there are."""
    more = f" and {len(names) - _SHOWN:,} others" if len(names) > _SHOWN else ""
    return ", ".join(clean(name[:_LONGEST]) for name in names[:_SHOWN]) + more

"""Where texts end: what is behind is padding, which layers that look along the steps leave out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Length:
    """Where a sequence ends: at the length of the text that the node `codes` gives, less `short`
    steps that windows took away; behind it lies padding."""

    codes: str
    short: int = 0

"""Nets that are text: what is left of them when they have been read."""

from dataclasses import dataclass

from lenet.runtime.imports.written import Written


@dataclass(frozen=True)
class TextNet:
    """A spec, whose tensors are those of a file of weights if one was given. `ignored` are lines of
    the file that its own program reads over, `left` those for which the spec has no words; both
    with their numbers."""

    written: Written
    weighted: bool = False
    ignored: tuple[tuple[int, str], ...] = ()
    left: tuple[tuple[int, str], ...] = ()

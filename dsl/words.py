"""The kinds of words that stand in lines of sections: the only place that knows all registries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lenet.dsl.losses import LOSSES
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.vocabulary import Entry, Option, Registry


@dataclass(frozen=True)
class Kind:
    """`what` such a word is in messages, `title` the same with its article, and `keys` the lines of
    sections in which it may stand."""

    what: str
    title: str
    keys: tuple[str, ...]
    words: Registry[Any]

    def options(self) -> Iterator[tuple[Entry, Option]]:
        """Each word with each of its options."""
        for entry in self.words.values():
            for option in getattr(entry, "options", ()):
                yield entry, option


KINDS: tuple[Kind, ...] = (
    Kind("optimizer", "an optimizer", ("optimizer",), OPTIMIZERS),
    Kind("loss", "a loss", ("loss",), LOSSES),
)

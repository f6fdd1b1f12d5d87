"""What all words of the language have in common: an entry each, in a file of its own, and a
registry of each kind of them, which is the only list that there is."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from lenet.dsl.messages.absent import plain


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a word means, and how it is written.

    `summary` is a sentence or its part, `example` a line of a file, `aliases` are others' words for
    it, in small letters, and `source` the paper that it is from, where there is one.
    """

    name: str
    summary: str
    example: str
    aliases: tuple[str, ...] = ()
    source: str = ""


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E], Generic[E]):
    """The entries of one kind by name, in the order of their names.

    They are found by looking into the folder of a package: the module NAME (a hyphen is an
    underscore there) has the entry of the word NAME, under the name `constant`. A module is loaded
    when its word is first looked up, and all of them when the registry is listed.
    """

    def __init__(self, package: str, constant: str) -> None:
        self.package, self.constant = package, constant
        self._found: dict[str, E] = {}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        path = importlib.import_module(self.package).__path__
        return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(path)))

    def __getitem__(self, word: str) -> E:
        if word not in self._found:
            if not word or word.replace("_", "-") not in self._names:
                raise KeyError(word)
            module = importlib.import_module(f"{self.package}.{module_of(word)}")
            entry: E = getattr(module, self.constant)
            if entry.name != word:
                raise KeyError(word)
            self._found[word] = entry
        return self._found[word]

    def __iter__(self) -> Iterator[str]:
        for name in self._names:
            module = importlib.import_module(f"{self.package}.{module_of(name)}")
            yield getattr(module, self.constant).name

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Our words for others'."""
        return {alias: entry.name for entry in self.values() for alias in entry.aliases}

    def called(self, word: str) -> str | None:
        """Our word for another framework's, however that is written."""
        return {plain(alias): name for alias, name in self.aliases.items()}.get(plain(word))


def module_of(word: str) -> str:
    """The name of the modules in which a word is defined and carried out."""
    return word.replace("-", "_")

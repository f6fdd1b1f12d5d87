"""What all words of the language have in common: an entry each, in a file of its own, and a
registry of each kind of them, which is the only list that there is."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a word means, and how it is written.

    `summary` is a sentence or its part, `example` a line of a file, `aliases` are others' words for
    it, in small letters, `source` is the paper that it is from, where there is one, and `phrases`
    are what others have words of their own for, and how that is written here.
    """

    name: str
    summary: str
    example: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    phrases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """A number from `low` to below `high` behind a word, or a `switch`, which is only there or not.

    `what` is its name in a message, which is `name` if absent.
    """

    name: str
    summary: str
    default: float = 0.0
    low: float = 0.0
    high: float = float("inf")
    switch: bool = False
    what: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """A word as a line uses it: with the values of all its options, by default or as given."""

    name: str
    values: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, name: str, options: Iterable[Option], given: Mapping[str, Any]) -> "Use":
        """Those that are not given have their defaults; TypeError for what is no option."""
        values = {o.name: bool(o.default) if o.switch else o.default for o in options}
        if unknown := given.keys() - values.keys():
            raise TypeError(f"{name} has no option {', '.join(sorted(unknown))}")
        return cls(name, tuple({**values, **given}.items()))

    def __getitem__(self, option: str) -> Any:
        return dict(self.values)[option]


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
        """Our words for others', or how these are written here."""
        found = {alias: entry.name for entry in self.values() for alias in entry.aliases}
        return found | {
            alias: text for entry in self.values() for alias, text in entry.phrases.items()
        }


def module_of(word: str) -> str:
    """The name of the modules in which a word is defined and carried out."""
    return word.replace("-", "_")

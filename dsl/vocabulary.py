"""What all words of the language have in common: an entry each, in a file of its own, and a
registry of each kind of them, which is the only list that there is."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a word means, and how it is written.

    `summary` is a sentence or its part, `example` a line of a file, `aliases` are others' words for
    it, in small letters, `source` is the paper that it is from, where there is one, and `phrases`
    are what others have words of their own for, and how that is written here. `terms` are words
    that may stand behind it and are no options, with what they mean.
    """

    name: str
    summary: str
    example: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    phrases: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def meaning(self) -> str:
        """All that is said of it in one line."""
        return self.summary


ValueKind = Literal[
    "number",
    "numbers",
    "whole",
    "pair",
    "range",
    "fall",
    "angle",
    "duration",
    "choice",
    "class",
    "switch",
]


@dataclass(frozen=True)
class Option:
    """A value that belongs to a word: it stands behind it, or behind the option's own name.

    `kind` is what it is: a number from `low` to below `high`, or to `high` itself where that is
    `closed`, several of them, a whole one, a pair of them (`2` or `2x3`), a range (`0.9 to 1.1`),
    a fall (`0.95 to 0.85`), an angle (`10 degrees`), a duration (`5 epochs`), one of `choices`,
    which are words with what they mean, and may stand in place of several numbers, a class, by its
    name in quotation marks or its number, or a switch, whose name is there or not. It must be given
    where `default` is None.
    `what` is its name in a message, which is `name` if absent; the word `before` introduces it.
    `news` says what has happened to an optimizer's option since checkpoints have been told by it:
    see runtime/training/job.py.
    """

    name: str
    summary: str
    kind: ValueKind = "number"
    default: Any = 0.0
    low: float = 0.0
    high: float = float("inf")
    choices: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    what: str = ""
    aliases: tuple[str, ...] = ()
    news: Literal["", "added", "changed"] = ""
    closed: bool = False

    @property
    def title(self) -> str:
        """What it is in a message."""
        return self.what or f"the {self.name}"


@dataclass(frozen=True)
class Use:
    """A word as a line uses it: with the values of all its options, by default or as given."""

    name: str
    values: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, option: str) -> Any:
        return dict(self.values)[option]


def _always(use: Use) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Word(Entry):
    """The entry of a word that stands in a line with values of its own.

    `values` stand behind it in their order, `options` behind these by their names. `fits` tells
    whether what is given goes together.
    """

    values: tuple[Option, ...] = ()
    options: tuple[Option, ...] = ()
    fits: Callable[[Use], bool] = _always

    def use(self, **given: Any) -> Use:
        """With these values, and the others' defaults; TypeError for what is none of them, or
        lacks."""
        values = {option.name: option.default for option in (*self.values, *self.options)}
        values = {name: given.pop(name, default) for name, default in values.items()}
        lacking = [name for name, value in values.items() if value is None]
        if given or lacking:
            raise TypeError(f"{self.name}: {', '.join([*given, *lacking])}")
        return Use(self.name, tuple(values.items()))

    @property
    def all_terms(self) -> Mapping[str, str]:
        """All words that may stand behind it, with what they mean."""
        found = dict(self.terms)
        for option in (*self.values, *self.options):
            found |= option.choices
        for option in self.options:
            absent = isinstance(option.default, float) and option.default
            usual = f", {option.default:g} if absent" if absent else ""
            found[option.name] = f"{option.summary}{usual}"
        return found

    def facts(self, use: Use) -> dict[str, Any]:
        """What a use says that is not said by default, under names that tell the word."""
        found = {
            option.name if option.name == self.name else f"{self.name}_{option.name}": value
            for option, (_, value) in zip((*self.values, *self.options), use.values, strict=True)
            if option.default is None or value != option.default
        }
        return found or {self.name: True}


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E], Generic[E]):
    """The entries of one kind by name, in the order of their names.

    They are found by looking into the folder of a package: the module NAME (a hyphen is an
    underscore there) has the entry of the word NAME, under the name `constant`. A module is loaded
    when its word is looked up: the names alone cost nothing.
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
            if word not in self._names:
                raise KeyError(word)
            module = importlib.import_module(f"{self.package}.{module_of(word)}")
            entry: E = getattr(module, self.constant)
            assert entry.name == word, module
            self._found[word] = entry
        return self._found[word]

    def __contains__(self, word: object) -> bool:
        return word in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

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


def carried_out(package: str, word: str) -> Any:
    """The module of a package that carries a word out."""
    return importlib.import_module(f"{package}.{module_of(word)}")

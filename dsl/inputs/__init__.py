"""Kinds of inputs: what an `input` line may hold beside the sizes of a map, a sequence or a vector.
Each is an entry, and is read from tables by the module of the same name in runtime/inputs."""

from dataclasses import dataclass
from typing import Literal

from lenet.dsl.shapes import Shape
from lenet.dsl.vocabulary import Registry, Word

Places = Literal["before", "behind"]


@dataclass(frozen=True, kw_only=True)
class InputKind(Word):
    """What the checker knows of a kind.

    Its columns are named by the `line` of the section `data`. A number stands `before` its word
    (`60 words`), or behind it and `of` (`one of 5`).

    Its traits: its values are `codes`, the numbers of words or categories, which `embed` and
    `onehot` read, `many` of them one after the other, or a `set`, a 0 or 1 for each; they come
    `of` so many different ones, by default `usual`.
    """

    number: Places
    line: str
    codes: bool = False
    many: bool = False
    set: bool = False
    usual: int = 0


NUMBERS = "number"  # the line of inputs of plain sizes
INPUTS: Registry[InputKind] = Registry(__name__, "INPUT")


@dataclass(frozen=True)
class Input:
    """An input of a net: its name, "" for the only one without; its `kind`, a word of the registry
    or "" for plain sizes; its shape; and of how many different codes it comes, 0 for numbers.

    `first` is the place of its first value in a row.
    """

    name: str
    kind: str
    shape: Shape
    of: int = 0
    first: int = 0

    @property
    def entry(self) -> InputKind | None:
        """What is known of its kind, None of plain sizes."""
        return INPUTS[self.kind] if self.kind else None

    @property
    def line(self) -> str:
        """The line of the section `data` that names its columns."""
        return INPUTS[self.kind].line if self.kind else NUMBERS

    @property
    def has_codes(self) -> bool:
        """Whether its values are numbers of words or categories."""
        return bool(self.kind) and INPUTS[self.kind].codes

    @property
    def is_category(self) -> bool:
        """Whether it is a single code."""
        entry = self.entry
        return entry is not None and entry.codes and not (entry.many or entry.set)

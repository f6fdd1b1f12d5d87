"""Ways to make a trained net smaller: an option each of `lenet compress`. Each is an entry, carried
out by the module of the same name in runtime/compress."""

from dataclasses import dataclass

from lenet.dsl.vocabulary import Entry, Registry


@dataclass(frozen=True, kw_only=True)
class Way(Entry):
    """The entry of a way, whose option takes a share from 0 to 1: its `summary` says of what.

    Where several are asked for, the one with the smallest `turn` is done first.
    """

    turn: int


WAYS: Registry[Way] = Registry(__name__, "WAY")


def in_turn() -> list[Way]:
    """All of them, in the order in which they are done."""
    return sorted(WAYS.values(), key=lambda way: way.turn)

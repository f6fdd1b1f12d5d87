"""Early stops: which trials of a search are not worth their whole length. Each is an entry, carried
out by the module of the same name in runtime/early."""

from dataclasses import dataclass

from lenet.dsl.vocabulary import Option, Registry, Use, Word

NEVER = "never"
FACTOR = Option(
    "factor",
    "one in so many trials goes on from a step to the next, which is so many times as long",
    "whole",
    3,
    low=2,
)


@dataclass(frozen=True, kw_only=True)
class Early(Word):
    """An early stop's entry in the vocabulary. The `usual` one is taken where no line names one."""

    usual: bool = False


EARLY: Registry[Early] = Registry(__name__, "EARLY_STOP")


def usual_early() -> Use:
    """What stops trials where no line says it."""
    return next(entry for entry in EARLY.values() if entry.usual).use()

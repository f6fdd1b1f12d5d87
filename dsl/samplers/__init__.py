"""Samplers: how a search chooses what it tries next. Each is an entry, carried out by the module of
the same name in runtime/samplers."""

from dataclasses import dataclass

from lenet.dsl.vocabulary import Registry, Use, Word


@dataclass(frozen=True, kw_only=True)
class Sampler(Word):
    """A sampler's entry in the vocabulary.

    One that is `exhaustive` tries all that there is, and so needs spaces that have an end. The
    `usual` one is taken where no line names one.
    """

    exhaustive: bool = False
    usual: bool = False


SAMPLERS: Registry[Sampler] = Registry(__name__, "SAMPLER")


def usual_sampler() -> Use:
    """What chooses where no line says it."""
    return next(entry for entry in SAMPLERS.values() if entry.usual).use()

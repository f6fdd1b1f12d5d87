"""Schedules: how the learning rate changes over a training. Each is an entry, carried out by the
module of the same name in runtime/rates."""

from dataclasses import dataclass

from lenet.dsl.vocabulary import Registry, Word


@dataclass(frozen=True, kw_only=True)
class Schedule(Word):
    """A schedule's entry in the vocabulary.

    `formula` is the rate in the iteration t, counted from 0, of a training that begins with the
    rate r; the training has T iterations, of which the first W are its warm-up. One that
    `needs_an_end` follows from T, which must then be known, but with the option `endless`. One that
    `climbs` does so during the warm-up by itself, or during this part of T. One that `watches` a
    metric, the value of that name, counts how often it has stalled. One that `cycles` the
    optimizer's momentum has an option of that name, a fall.
    """

    formula: str
    needs_an_end: bool = False
    endless: str = ""
    climbs: float = 0.0
    watches: str = ""
    cycles: str = ""


RATES: Registry[Schedule] = Registry(__name__, "SCHEDULE")

"""The line `rate` of the section `train`."""

from dataclasses import replace

from lenet.dsl.lower.reader import TIMES, Reader
from lenet.dsl.rates import RATES
from lenet.dsl.sections import SectionLine
from lenet.dsl.training.values import WARMUP, Rate, Train


def _rate(reader: Reader, train: Train) -> Train:
    def base() -> float:
        return reader.real("the rate", 1e-12, 3e38)

    bases = [base()]
    while reader.items and reader.is_number():
        bases.append(base())
    rate = Rate(tuple(bases))
    if len(bases) > 1:
        reader.expect("at")
        changes, unit = reader.durations()
        if len(changes) != len(bases) - 1 or sorted(set(changes)) != list(changes):
            raise reader.refuse(reader.line.span)
        rate = replace(rate, changes=changes, unit=unit)
    while reader.items:
        place = reader.items[0].span
        if rate.warmup is None and reader.accept(WARMUP):
            rate = replace(rate, warmup=reader.duration())
            continue
        entry = reader.entry("way to change the rate", RATES, (WARMUP,))
        if rate.schedule is not None:
            raise reader.refuse(place)
        rate = replace(rate, schedule=reader.use(entry, (WARMUP, *RATES)))
    return replace(train, rate=rate, rate_span=reader.line.span)


RATE = SectionLine(
    name="rate",
    summary="the learning rate, and how it changes; or several, `rate 0.1 0.01 at 30 epochs`; "
    "each also with `warmup 5 epochs`",
    example="rate 0.4 decay 0.0002",
    aliases=("lr", "learning_rate", "learningrate"),
    terms={
        **TIMES,
        "at": "when the rate changes, as in `rate 0.1 0.01 at 30 epochs`",
        WARMUP: "how long the rate climbs in a straight line at the beginning, as in `warmup "
        "5 epochs`",
    },
    read=_rate,
)

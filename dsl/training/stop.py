"""The lines `stop`, `keep` and `validate` of the section `train`."""

from dataclasses import replace

from lenet.dsl.lower.reader import EVERY, TIMES, Reader
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.metrics import METRICS, named, usual_metrics
from lenet.dsl.sections import SectionLine
from lenet.dsl.syntax.tree import Span
from lenet.dsl.training.values import Stop, Train
from lenet.dsl.vocabulary import Use

_CONDITIONS = {
    "above": "the training ends when the metric is larger than this",
    "below": "the training ends when the metric is smaller than this",
    "stalls": "the training ends when the metric has not become better for so many epochs, as in "
    "`stop when loss stalls for 3 epochs`",
}
SECONDS = {"minute": 60.0, "minutes": 60.0, "hour": 3600.0, "hours": 3600.0}
_CLOCK = {
    "minute": "sixty seconds of training",
    "minutes": "of training, in `stop after`, also of those before a run went on",
    "hour": "sixty minutes of training",
    "hours": "of training, in `stop after`",
}


def _metric(reader: Reader, line: str) -> tuple[Use, Span]:
    """The next metric, and its place; `line` is how such a line begins."""
    usage, items = reader.usage, list(reader.items)
    entry = reader.entry("metric", METRICS)
    use = reader.use(entry, usage=f"{line} {entry.written}")
    reader.usage = usage  # of the whole line, from here on
    return use, items[0].span.to(items[len(items) - len(reader.items) - 1].span)


def read_number(reader: Reader, line: str) -> tuple[Use, Span]:
    """The next metric, which must give a number to compare."""
    use, span = _metric(reader, line)
    if METRICS[use.name].table:
        raise Refused(messages.table_is_no_number(span, line, use.name, usual_metrics()[0].name))
    return use, span


def _stop(reader: Reader, train: Train) -> Train:
    if reader.accept("after"):
        return _after(reader, train)
    reader.expect("when")
    places = list(train.metric_places)
    rules = [_conditions(reader, places)]
    while reader.accept("or"):
        rules.append(_conditions(reader, places))
    # Unless a line says `stop after`, this alone ends the training.
    after = None if train.stop is Train.stop else train.stop
    found = (*train.stop_when, *rules)
    return replace(train, stop=after, stop_when=found, metric_places=tuple(places))


def _after(reader: Reader, train: Train) -> Train:
    if train.stop_span is not None:
        raise Refused(messages.key_twice(reader.line.span, "stop after", train.stop_span))
    stop, seconds = None, 0.0
    while True:
        place, clock = reader.line.span, reader.peek(1)
        if clock in SECONDS and not seconds:
            seconds = reader.real("the time", 1e-6) * SECONDS[clock]
            reader.accept(clock)
        elif stop is None:
            if clock is not None and clock not in TIMES:
                reader.real("the duration of `stop`")
                reader.word("unit", ("epochs", "iterations", "minutes", "hours"))
            stop = reader.duration()
        else:
            raise reader.refuse(place)
        if not reader.accept("or"):
            break
    return replace(train, stop=stop, seconds=seconds, stop_span=reader.line.span)


def _conditions(reader: Reader, places: list[tuple[Use, Span]]) -> Stop:
    """One, or several that have to hold at once."""
    first = _condition(reader, places)
    others = []
    while reader.accept("and"):
        others.append(_condition(reader, places))
    return replace(first, others=tuple(others))


def _condition(reader: Reader, places: list[tuple[Use, Span]]) -> Stop:
    metric, span = read_number(reader, "stop when")
    places.append((metric, span))
    how = reader.word("condition", tuple(_CONDITIONS))
    if how != "stalls":
        return Stop(metric, how, reader.real(f"the {named(metric)}"))
    reader.expect("for")
    duration = reader.duration()
    if duration.unit != "epochs":
        raise reader.refuse(reader.line.span)
    by = reader.real("the improvement") if reader.accept("by") else 0.0
    return Stop(metric, how, epochs=duration.count, by=by)


def _validate(reader: Reader, train: Train) -> Train:
    found = []
    while reader.items and reader.peek() != "every":
        found.append(_metric(reader, "validate"))
    if not found:
        raise reader.refuse()
    if all(METRICS[use.name].table for use, _ in found):
        raise Refused(messages.only_tables(found[0][1], found[0][0].name, usual_metrics()[0].name))
    metrics = {named(use): use for use, _ in found}
    places = (*train.metric_places, *found)
    every = reader.every()
    return replace(
        train, metrics=tuple(metrics.values()), validate_every=every, metric_places=places
    )


def _keep(reader: Reader, train: Train) -> Train:
    reader.expect("best")
    metric, span = read_number(reader, "keep best")
    return replace(train, keep=metric, metric_places=(*train.metric_places, (metric, span)))


KEEP = SectionLine(
    name="keep",
    summary="the model is that of the validation with the best value of this metric, and not that "
    "of the end; without this line, best.safetensors in the run's folder is the best by the first "
    "metric of `validate`",
    example="keep best top1",
    aliases=("save_best", "save_best_only", "restore_best_weights", "savebest"),
    terms={"best": "the best value of a metric, as in `keep best top1`"},
    compares=True,
    read=_keep,
)

STOP = SectionLine(
    name="stop",
    summary="when the training ends, also `stop after 40 epochs or 20 minutes`; or by a metric of "
    "the validation, `stop when top1 above 0.99`, `stop when loss stalls for 3 epochs`",
    example="stop after 20 epochs",
    aliases=("epochs", "max_epochs"),
    terms={
        **TIMES,
        **_CLOCK,
        **_CONDITIONS,
        "or": "whichever comes first, as in `stop after 40 epochs or 20 minutes`",
        "and": "both at once, as in `stop when top1 above 0.9 and loss stalls for 3 epochs`",
        "after": "the length of the training, as in `stop after 20 epochs`",
        "when": "the training ends early by a metric, as in `stop when top1 above 0.99`",
        "for": "how long a metric may stall, as in `stalls for 3 epochs`",
        "by": "what counts as better, as in `stalls for 3 epochs by 0.001`: more than this",
    },
    read=_stop,
    repeatable=True,
)

VALIDATE = SectionLine(
    name="validate",
    summary="what is measured on the validation images, and how often",
    example="validate top1 loss every epoch",
    terms=EVERY,
    compares=True,
    read=_validate,
)

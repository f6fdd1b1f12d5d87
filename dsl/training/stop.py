"""The lines `stop`, `keep` and `validate` of the section `train`."""

from dataclasses import replace

from lenet.dsl.lower.reader import EVERY, TIMES, Reader
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.metrics import METRICS
from lenet.dsl.sections import SectionLine
from lenet.dsl.training.values import Stop, Train

_CONDITIONS = {
    "above": "the training ends when the metric is larger than this",
    "below": "the training ends when the metric is smaller than this",
    "stalls": "the training ends when the metric has not become better for so many epochs, as in "
    "`stop when loss stalls for 3 epochs`",
}


def _stop(reader: Reader, train: Train) -> Train:
    if reader.accept("after"):
        if train.stop_span is not None:
            raise Refused(messages.key_twice(reader.line.span, "stop after", train.stop_span))
        return replace(train, stop=reader.duration(), stop_span=reader.line.span)
    reader.expect("when")
    metric = reader.entry("metric", METRICS).name
    how = reader.word("condition", tuple(_CONDITIONS))
    if how == "stalls":
        reader.expect("for")
        duration = reader.duration()
        if duration.unit != "epochs":
            raise reader.refuse(reader.line.span)
        by = reader.real("the improvement") if reader.accept("by") else 0.0
        stop = Stop(metric, how, epochs=duration.count, by=by)
    else:
        stop = Stop(metric, how, reader.real(f"the {metric}"))
    # Unless a line says `stop after`, this alone ends the training.
    after = None if train.stop is Train.stop else train.stop
    return replace(train, stop=after, stop_when=(*train.stop_when, stop))


def _validate(reader: Reader, train: Train) -> Train:
    metrics = []
    while reader.items and reader.peek() != "every":
        metrics.append(reader.entry("metric", METRICS).name)
    if not metrics:
        raise reader.refuse()
    return replace(train, metrics=tuple(dict.fromkeys(metrics)), validate_every=reader.every())


def _keep(reader: Reader, train: Train) -> Train:
    reader.expect("best")
    return replace(train, keep=reader.entry("metric", METRICS).name)


KEEP = SectionLine(
    name="keep",
    summary="the model is that of the validation with the best value of this metric, and not that "
    "of the end; without this line, best.safetensors in the run's folder is the best by the first "
    "metric of `validate`",
    example="keep best top1",
    aliases=("save_best", "save_best_only", "restore_best_weights", "savebest"),
    terms={"best": "the best value of a metric, as in `keep best top1`"},
    read=_keep,
)

STOP = SectionLine(
    name="stop",
    summary="when the training ends; or by a metric of the validation, `stop when top1 above "
    "0.99`, `stop when loss stalls for 3 epochs`",
    example="stop after 20 epochs",
    aliases=("epochs", "max_epochs"),
    terms={
        **TIMES,
        **_CONDITIONS,
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
    read=_validate,
)

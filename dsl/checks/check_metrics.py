"""Whether the net has as many classes, or numbers, as its metrics take."""

from lenet.dsl.answers import Answers
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.metrics import METRICS, named, usual_metrics
from lenet.dsl.shapes import product
from lenet.dsl.training.values import Train


def check_metrics(lowered: Lowering, train: Train, answers: Answers) -> None:
    """Report those that do not fit. What `validate` names may tell nothing of a few classes, and is
    left out then; but a number in its line is a mistake, and what ends a training must be there."""
    others = [
        (use, span) for use, span in train.metric_places if answers not in METRICS[use.name].answers
    ]
    for use, span in others:
        taken, other = METRICS[use.name].answers, usual_metrics(answers)[0].name
        lowered.report(messages.metric_of_others(span, named(use), taken, answers, other))
    output = lowered.nodes[-1].shape
    for use, span in train.metric_places if answers == "numbers" else ():
        least, given = METRICS[use.name].least_numbers, product(output)
        if given < least and (use, span) not in others:
            usual = usual_metrics(answers)[0].name
            lowered.report(messages.few_numbers(span, named(use), least, given, usual))
    if answers != "class" or others:
        return
    if len(output) != 1 or output[0] < 2:
        return
    classes, instead = output[0], usual_metrics()[0].name
    compared = [rule.metric for rule in train.stop_when] + ([train.keep] if train.keep else [])
    for use, span in train.metric_places:
        entry, name = METRICS[use.name], named(use)
        least = entry.least_for(use)
        if classes > entry.most_classes:
            found = messages.many_classes(span, name, entry.most_classes, classes, instead)
            lowered.report(found)
        elif classes < least and entry.below_classes:
            lowered.report(messages.always_right(span, name, use.name, classes))
        elif classes < least and use in compared:
            lowered.report(messages.few_classes(span, name, least, classes, instead))

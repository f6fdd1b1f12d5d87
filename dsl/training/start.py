"""The line `freeze` of the section `train`: what stays as it is."""

from dataclasses import replace

from lenet.dsl.lower.reader import Reader
from lenet.dsl.sections import SectionLine
from lenet.dsl.training.values import Train


def _freeze(reader: Reader, train: Train) -> Train:
    names, spans = list(train.freeze), list(train.freeze_spans)
    while reader.items:
        spans.append(reader.items[0].span)
        names.append(reader.name())
    if len(names) == len(train.freeze):
        raise reader.refuse()
    return replace(train, freeze=tuple(names), freeze_spans=tuple(spans))


FREEZE = SectionLine(
    name="freeze",
    summary="layers, or blocks and repeats with all in them, whose parameters stay as they are; "
    "also `frozen` in a layer's line",
    example="freeze linear1",
    aliases=("frozen", "trainable", "requires_grad"),
    read=_freeze,
    repeatable=True,
)

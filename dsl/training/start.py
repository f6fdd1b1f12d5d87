"""The lines `start` and `freeze` of the section `train`: what is known before it, and stays."""

from dataclasses import replace

from lenet.dsl.lower.reader import Reader
from lenet.dsl.sections import SectionLine
from lenet.dsl.syntax.tree import Span
from lenet.dsl.training.values import Start, Train


def _start(reader: Reader, train: Train) -> Train:
    reader.expect("from")
    path = reader.text()
    anew: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    if reader.accept("except"):
        anew, spans = _names(reader, ("names",))
    names = reader.text() if reader.accept("names") else ""
    return replace(train, start=Start(path, anew, names, spans))


def _freeze(reader: Reader, train: Train) -> Train:
    names, spans = _names(reader)
    freeze, places = (*train.freeze, *names), (*train.freeze_spans, *spans)
    return replace(train, freeze=freeze, freeze_spans=places)


def _names(reader: Reader, until: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    """One or more, and their places."""
    names, spans = [], []
    while reader.items and reader.peek() not in until:
        spans.append(reader.items[0].span)
        names.append(reader.name())
    if not names:
        raise reader.refuse()
    return tuple(names), tuple(spans)


START = SectionLine(
    name="start",
    summary="begin with the weights of another model, of a checkpoint, of a safetensors file of "
    "PyTorch's or of an ONNX file: tensors of the same name and shape are taken, and the others "
    "are told and begin anew; its path begins at this file's folder",
    example='start from "base.safetensors" except linear1',
    terms={
        "from": 'what a training begins with, as in `start from "base.safetensors"`',
        "except": "layers that begin anew all the same, as in `except linear1`",
        "names": "a file that says which name a tensor or a layer has there, where it is another, "
        'as in `names "names.txt"`: a line `ours theirs` for each',
    },
    aliases=("pretrained", "init_from", "finetune", "fine_tune", "load_weights", "warm_start"),
    read=_start,
)
FREEZE = SectionLine(
    name="freeze",
    summary="layers, or blocks and repeats with all in them, whose parameters stay as they are; "
    "also `frozen` in a layer's line",
    example="freeze linear1",
    aliases=("frozen", "trainable", "requires_grad"),
    read=_freeze,
    repeatable=True,
)

"""Models of int8 weights: what `lenet compress --int8` does, and says of it."""

from collections.abc import Iterator
from pathlib import Path

from lenet.compiler.pipeline import integer_layers
from lenet.dsl.messages.clean import clean
from lenet.runtime.compressing.int8 import IMAGES, as_int8, calibrating
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.models.model import Model

_NAMED = 6  # layers


def quantized(model: Model, dataset: Dataset) -> Model:
    """The model with int8 weights, calibrated with some of its training images."""
    return as_int8(model, calibrating(dataset.train))


def usual_path(model: Path) -> Path:
    """Where a model of int8 weights goes, if nobody says it: beside the other one."""
    return model.with_name(f"{model.stem}-int8{model.suffix}")


def quantized_lines(model: Model, dataset: Dataset) -> Iterator[str]:
    """What became of the layers of a model of int8 weights."""
    count = min(len(dataset.train), IMAGES)
    yield f"calibrated with {count:,} training images of {clean(dataset.name)}"
    done = [node for node in integer_layers(model.graph) if node.name in model.quantized]
    folded = {part.name for node in done for part in node.folded}
    left = [
        node.name
        for node in model.graph.nodes
        if node.parameters and node.name not in model.quantized and node.name not in folded
    ]
    yield f"int8     {_named([node.name for node in done])}"
    rest = f"{_named(left)}, and layers without weights" if left else "layers without weights"
    yield f"float32  {rest}"


def _named(names: list[str]) -> str:
    shown = ", ".join(clean(name) for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")

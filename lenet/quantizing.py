"""Models of int8 weights: what `lenet compress --int8` does, and says of it."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.terminal.columns import elided

if TYPE_CHECKING:
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.models.model import Model

_WIDTH = 80
_NAMED = 6  # layers
_LONGEST = 40  # columns of a name


def images_for(model: "Model", data: Path | None) -> "Dataset":
    """The data of a model's file, with which it is calibrated and compared; LenetError where it
    names none."""
    from lenet.runtime.resolve import evaluation_images

    section = model.graph.data
    if section is None or DATASETS[section.kind].given:
        raise LenetError(
            "the model does not say what it was trained on",
            "Some of these images tell which values its layers see.",
            "do it from Python: lenet.open(path).as_int8(images).save(other)",
        )
    return evaluation_images(model.graph, data, model.classes, model.features)


def quantized(model: "Model", dataset: "Dataset") -> "Model":
    """The model with int8 weights, calibrated with some of its training images."""
    from lenet.runtime.compressing.int8 import calibrating

    return model.as_int8(calibrating(dataset.train))


def usual_path(model: Path) -> Path:
    """Where a model of int8 weights goes: beside the other one."""
    return model.with_name(f"{model.stem}-int8.safetensors")


def quantized_lines(model: "Model", dataset: "Dataset") -> Iterator[str]:
    """What became of the layers of a model of int8 weights."""
    from lenet.compiler.pipeline import integer_layers
    from lenet.runtime.compressing.int8 import IMAGES

    count = min(len(dataset.train), IMAGES)
    yield f"calibrated with {count:,} training images of {clean(dataset.name)}"
    done = [node for node in integer_layers(model.graph) if node.name in model.quantized]
    folded = {part.name for node in done for part in node.folded}
    left = [
        node.name
        for node in model.graph.nodes
        if node.parameters and node.name not in model.quantized and node.name not in folded
    ]
    rest = f"{_named(left)}, and layers without weights" if left else "layers without weights"
    for kind, layers in (("int8", _named([node.name for node in done])), ("float32", rest)):
        yield from wrap(layers, _WIDTH, initial_indent=f"{kind:<9}", subsequent_indent=" " * 9)


def _named(names: list[str]) -> str:
    shown = ", ".join(elided(clean(name), _LONGEST) for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")

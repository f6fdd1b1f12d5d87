"""A trained model in one line."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.metrics import ALL, METRICS, usual_metrics
from lenet.dsl.shapes import show

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

_LONGEST = 80  # of a name


def described(model: "Model") -> str:
    """Its name, size and shapes, and how well it did; never an error, since it may be printed
    while another one is looked for."""
    name = clean(" ".join(model.name.split())[:_LONGEST]) or "without a name"
    try:
        graph, shape = model.graph, model.image_shape
    except LenetError as error:
        return f"{name}: {clean(error.title)}"
    what = "classes" if graph.answers == "class" else graph.answers
    facts = f"{graph.parameter_count:,} parameters, {show(shape)} -> {show(graph.output)} {what}"
    return f"{name}: {facts}" + (f", {result}" if (result := outcome(model.history)) else "")


def outcome(history: Sequence[Mapping[str, Any]]) -> str:
    """Of a training, such as `top1 98.09% after 20 epochs`; "" where nothing is known."""
    last = history[-1] if history else {}
    epochs, validation = last.get("epoch"), last.get("validation")
    if not isinstance(epochs, int):
        return ""
    after = f"after {epochs:,} epoch" + ("" if epochs == 1 else "s")
    measured = validation if isinstance(validation, Mapping) else {}
    for use in (usual_metrics(answers)[0] for answers in ALL):
        value = measured.get(use.name)
        if isinstance(value, int | float):
            return f"{use.name} {METRICS[use.name].shown(value)} {after}"
    loss = last.get("loss")
    return f"training loss {loss:.4f} {after}" if isinstance(loss, int | float) else after

"""A model of a spec and weights, whose images were bytes over 255, and nothing else."""

from lenet.dsl.shapes import product
from lenet.runtime.imports.written import Written
from lenet.runtime.models.model import Model
from lenet.runtime.records.observed import Observed


def model_of(text: Written, name: str) -> Model:
    """With numbers for classes."""
    graph = text.graph
    channels = graph.input[0] if len(graph.input) == 3 else 1
    observed = Observed(graph.input, 0.0, 1.0) if len(graph.input) == 3 else None
    classes = tuple(map(str, range(product(graph.output))))
    return Model(
        text.text, text.tensors, classes, 1 / 255, (0.0,) * channels, (1.0,) * channels,
        observed=observed, name=name,
    )  # fmt: skip

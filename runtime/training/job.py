"""A training as a value: what decides about the bits of its weights, beside the images."""

import hashlib
import json
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph, draw
from lenet.dsl.sections.train import Train
from lenet.runtime.training.batches import Normalization


@dataclass(frozen=True)
class Job:
    """All that a worker needs beside the images; small, and it can be pickled.

    `slices` are those of a batch. `digest` tells the job from other trainings; see `digest_of`.
    `model` are the facts of the model that comes of it, in JSON, for its checkpoints.
    """

    source: str
    path: str
    imports: tuple[tuple[str, str], ...]
    overrides: tuple[tuple[str, Fraction], ...]
    scale: tuple[float, ...]
    shift: tuple[float, ...]
    train: Train
    slices: int
    digest: str
    model: str = ""

    @property
    def normalization(self) -> Normalization:
        return Normalization(np.array(self.scale, np.float32), np.array(self.shift, np.float32))

    def graph(self) -> Graph:
        return check_graph(self.source, self.path, dict(self.overrides), dict(self.imports))


def digest_of(
    graph: Graph, train: Train, scale: tuple[float, ...], shift: tuple[float, ...], data: str
) -> str:
    """Of all that decides about the bits of the weights, but for when the training stops; `data`
    tells the images from others."""
    settings = replace(
        train, stop=None, stop_when=(), checkpoint=None, metrics=(), logs=(),
        validate_every=Train.validate_every,
    )  # fmt: skip
    net = draw(replace(graph, data=None, augment=None, train=None))
    facts = [net, *map(_facts, (graph.data, graph.augment, settings)), scale, shift, data]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _facts(value: Any) -> Any:
    """A value of the graph as JSON, without what is as it is by default: so a run goes on where a
    later version has a field more."""
    if is_dataclass(value):
        return {
            field.name: _facts(found)
            for field in fields(value)
            if field.compare and (found := getattr(value, field.name)) != _default(field)
        }
    if isinstance(value, tuple):
        return [_facts(part) for part in value]
    return value if isinstance(value, str | bool | int | None) else str(value)


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default

"""A training as a value: what decides about the bits of its weights, beside the images."""

import hashlib
import json
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from lenet.dsl.graph import Graph, draw
from lenet.dsl.losses import LOSSES
from lenet.dsl.optimizers import DECAY, OPTIMIZERS, decays_all, undecayed, usual_optimizer
from lenet.dsl.training.values import Train
from lenet.dsl.vocabulary import Use
from lenet.runtime.data.seen import Seen
from lenet.runtime.training.batches import Importance
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.teacher import Teacher
from lenet.runtime.unit import Unit


@dataclass(frozen=True)
class Job:
    """All that a worker needs beside the images; small, and it can be pickled.

    `graph` says how to train, as this run was told to; `name` is that of its file. `scale` and
    `shift`, one for each channel, normalize what is stored, in which `white` is a value of 1.
    `slices` are those of a batch. `digest` tells the job from other trainings; see `digest_of`.
    `model` are the facts of the model that comes of it, in JSON, for its checkpoints. `importance`
    is there where images count differently. `classes` are the names of the classes, or of other
    answers, whose `unit` is there then. `seen` are pairs of users and items. The `teacher`
    is there where the file names one.
    """

    graph: Graph
    name: str
    scale: tuple[float, ...]
    shift: tuple[float, ...]
    slices: int
    digest: str
    model: str = ""
    importance: Importance | None = None
    white: float = 255.0
    classes: tuple[str, ...] = ()
    unit: Unit | None = None
    seen: Seen | None = None
    teacher: Teacher | None = None

    @property
    def train(self) -> Train:
        """How to train."""
        assert self.graph.train is not None
        return self.graph.train

    @property
    def normalization(self) -> Normalization:
        """What is stored, times `scale` and plus `shift`."""
        scale, shift = np.array(self.scale, np.float32), np.array(self.shift, np.float32)
        return Normalization(scale, shift, self.white)


def digest_of(graph: Graph, scale: tuple[float, ...], shift: tuple[float, ...], data: str) -> str:
    """Of all that decides about the bits of the weights, but for when the training stops; `data`
    tells the images from others."""
    assert graph.train is not None
    loss, optimizer = graph.train.loss, graph.train.optimizer
    settings = replace(
        graph.train, loss=None, stop=None, seconds=0.0, stop_when=(), checkpoint=None, metrics=(),
        logs=(), keep=None, validate_every=Train.validate_every,
    )  # fmt: skip
    net = draw(replace(graph, data=None, augment=None, train=None))
    facts = [net, *map(_facts, (graph.data, graph.augment, settings)), scale, shift, data]
    if optimizer != usual_optimizer():
        facts[3]["optimizer"] = _facts({"name": optimizer.name, "values": _values(optimizer)})
    if loss is not None:  # by its name alone, if there is nothing to add
        said = LOSSES[loss.name].facts(loss)
        facts[3]["loss"] = loss.name if said == {loss.name: True} else _facts(said)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _values(optimizer: Use) -> tuple[tuple[str, Any], ...]:
    """The values of an optimizer's line, so that runs of older versions go on where they mean the
    same: without options that were added, where they are as by default, and under another name
    where what they say has changed. Weight decay was for all parameters."""
    found: list[tuple[str, Any]] = []
    if not decays_all(optimizer) and undecayed(optimizer) != optimizer:
        found.append((DECAY.name, optimizer[DECAY.name]))
    for option in OPTIMIZERS[optimizer.name].options:
        if option is DECAY:
            continue
        value = optimizer[option.name]
        told = value != option.default
        if told or option.news != "added":
            changed = told and option.news == "changed"
            found.append((f"{option.name} ({option.news})" if changed else option.name, value))
    return tuple(found)


def _facts(value: Any) -> Any:
    """A value of the graph as JSON, without what is as it is by default: so a run goes on where a
    later version has a field more."""
    if hasattr(value, "facts"):
        return _facts(value.facts)
    if isinstance(value, dict):
        return {name: _facts(found) for name, found in value.items()}
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

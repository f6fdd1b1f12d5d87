"""A run that goes on with other settings than it had."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import ndiff
from fractions import Fraction
from typing import Any

import numpy as np

from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph, draw
from lenet.runtime.options import Options
from lenet.runtime.records.checkpoint import OtherJobError, State
from lenet.runtime.records.records import read_about
from lenet.runtime.training.job import Job
from lenet.runtime.training.updater import updater_of

_SHOWN = 4  # lines that differ, in a message


@dataclass(frozen=True)
class Before:
    """The same net on the same images, as the run was told to train it before: the digest of that
    `job`, the batch, and the lines and settings that are others now. `about` is what run.json says
    of it, for as long as there are checkpoints of that job."""

    job: str
    batch: int
    changes: tuple[str, ...]
    about: Mapping[str, Any]

    def taken(self, data: bytes, now: Job) -> bytes:
        """A checkpoint of it as one of the job that goes on; OtherJobError where that cannot be.
        What another optimizer has kept is forgotten."""
        state = State.from_bytes(data, self.job)
        if now.train.batch != self.batch and state.position.get("at", {}).get("step"):
            raise OtherJobError(
                "the batch can change between two epochs only",
                f"The newest checkpoint is of iteration {state.iteration:,}, within an epoch.",
                f"go on with `batch {self.batch}` to the end of the epoch",
            )
        kept = updater_of(now.graph, compile_graph(now.graph)).state
        if state.optimizer.size != kept.size:
            state = replace(state, optimizer=np.zeros_like(kept))
        return state.to_bytes(now.digest, now.model)

    @property
    def told(self) -> str:
        """For whoever has changed something."""
        shown = "; ".join(self.changes[:_SHOWN])
        more = f"; and {len(self.changes) - _SHOWN} more" if len(self.changes) > _SHOWN else ""
        return f"the run goes on with other settings: {shown}{more}"


def before(
    graph: Graph, job: Job, options: Options, settings: Mapping[str, Fraction],
    make: Callable[[Graph], Job],
) -> tuple[Before, ...]:  # fmt: skip
    """How the run in the folder was told to train, the last way first, where it goes on with other
    `settings` of constants or other lines; `make` is the job of a graph. Without what is as it is
    now, and without other nets."""
    if not options.resume or options.folder is None:
        return ()
    try:
        about = read_about(options.folder)
    except LenetError:
        return ()  # its checkpoints say what they belong to
    found: dict[str, Before] = {}
    for known in (about, *about["earlier"]):
        other = _before(known, graph, job, settings, make)
        if other is not None:
            found.setdefault(other.job, other)
    return tuple(found.values())


def taken(others: Sequence[Before], data: bytes, now: Job) -> tuple[bytes, str]:
    """A checkpoint of one of these as one of the job that goes on, and what is told of that;
    OtherJobError where it is of none of them, or cannot be."""
    job = State.job_of(data)
    other = next((other for other in others if other.job == job), others[0])
    return other.taken(data, now), other.told


def _before(
    about: Mapping[str, Any], graph: Graph, job: Job, settings: Mapping[str, Fraction],
    make: Callable[[Graph], Job],
) -> Before | None:  # fmt: skip
    try:
        old = check_graph(about["source"], about["spec"], about["settings"], about["imports"])
    except LenetError:
        return None
    if old.train is None or _net(old) != _net(graph):
        return None
    if about.get("seed") is not None:
        old = replace(old, train=replace(old.train, seed=about["seed"]))
    digest = make(old).digest
    if digest == job.digest or old.train is None:
        return None
    known = about["settings"]
    kept = {name: about[name] for name in ("spec", "source", "imports", "seed") if name in about}
    kept["settings"] = {name: str(value) for name, value in known.items()}
    return Before(digest, old.train.batch, _changes(old, graph, known, settings), kept)


def _net(graph: Graph) -> str:
    """What a checkpoint's weights belong to, and how they are computed."""
    return draw(replace(graph, data=None, augment=None, train=None))


def _changes(
    old: Graph, new: Graph, known: Mapping[str, Fraction], now: Mapping[str, Fraction]
) -> tuple[str, ...]:
    found = [
        f"{name} = {float(value):g}" for name, value in now.items() if known.get(name) != value
    ]
    before, behind = ([line.split("#")[0].strip() for line in graph.source.split("\n")]
                      for graph in (old, new))  # fmt: skip
    for line in ndiff(before, behind):
        kind, text = line[:2], line[2:].strip()
        if text and kind in ("- ", "+ "):
            found.append(f"`{text}`" if kind == "+ " else f"`{text}` before")
    return tuple(found) or ("another seed",)

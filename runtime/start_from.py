"""`start from`: a training that begins with the weights of another model."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.pipeline import compile_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.training.values import Start
from lenet.runtime.events import StartedFrom, Watch
from lenet.runtime.records.checkpoint import State
from lenet.runtime.training.early_stopping import Stopper
from lenet.runtime.training.job import Job
from lenet.runtime.training.parameters import from_tensors, initial_weights, to_tensors
from lenet.runtime.training.position import Position
from lenet.runtime.training.pruned import prune
from lenet.runtime.training.updater import updater_of
from lenet.runtime.weights.match import best_match, read_matched
from lenet.runtime.weights.names import read_names, shown_source
from lenet.runtime.weights.tensor_file import TensorFile, open_tensors
from lenet.runtime.weights.told import listed

Floats = NDArray[np.float32]


def starting_weights(graph: Graph, spec: Path, report: Watch) -> Floats | None:
    """The flat weights that a training begins with, where its file names others than its own;
    `report` is told which tensors were taken. LenetError where none can be."""
    start = graph.train.start if graph.train is not None else None
    if start is None:
        return None
    file = open_tensors(spec.parent / start.path)
    names = read_names(spec.parent / start.names) if start.names else None
    program = compile_graph(graph)
    assert graph.train is not None
    wanted = [slot for slot in program.slots if not _is_anew(slot.name, start)]
    found = best_match(wanted, file, names)
    if not found.taken:
        raise _nothing_fits(file, [slot.name for slot in program.slots])
    tensors = to_tensors(program, initial_weights(program, graph.train.seed))
    for slot in wanted:
        if slot.name in found.taken:
            tensors[slot.name] = read_matched(slot, file, found.taken[slot.name])
    anew = [
        f"{name} ({found.misfits[name]})" if name in found.misfits else name
        for name in tensors
        if name not in found.taken
    ]
    named = shown_source(found.names)
    report(StartedFrom(str(file.path), len(found.taken), anew, named))
    return from_tensors(program, tensors)


def first_state(job: Job, weights: Floats) -> bytes:
    """The checkpoint before the first step of a training that begins with these weights, some of
    which the line `prune` may take away."""
    program = compile_graph(job.graph)
    updater = updater_of(job.graph, program)
    prune(job.graph, program, weights, updater)
    position = {
        "iteration": 0,
        "at": asdict(Position()),
        "stopper": Stopper(job.train.stop_when).state,
    }
    return State(weights, updater.state, position).to_bytes(job.digest, job.model)


def _is_anew(tensor: str, start: Start) -> bool:
    return any(tensor.startswith(f"{name}.") for name in start.anew)


def _nothing_fits(file: TensorFile, ours: list[str]) -> LenetError:
    there = list(file.shapes)
    detail = f"It has {listed(there)}; the net has {listed(ours)}." if there else "It is empty."
    title = f"no tensor of {file.path} has the name and the shape of one of the net's"
    if any(name in file.shapes for name in ours):
        return LenetError(title, f"Those of the same name have other shapes. {detail}")
    return LenetError(
        title,
        detail,
        'if they are only called differently, add `names "names.txt"` to the line, a file with a '
        "line `ours theirs` for each layer",
    )

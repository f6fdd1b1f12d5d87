"""`start from`: a training that begins with the weights of another model."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from lenet.compiler.memory.layout import Slot
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import show
from lenet.dsl.training.values import Start
from lenet.runtime.events import StartedFrom, Watch
from lenet.runtime.models.model import Model
from lenet.runtime.models.onnx_tensors import ENDING, onnx_tensors
from lenet.runtime.records.checkpoint import State
from lenet.runtime.training.early_stopping import Stopper
from lenet.runtime.training.job import Job
from lenet.runtime.training.parameters import from_tensors, initial_weights, to_tensors
from lenet.runtime.training.position import Position
from lenet.runtime.training.updater import updater_of

Floats = NDArray[np.float32]
_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
_SHOWN = 5  # names in a message


def starting_weights(graph: Graph, spec: Path, report: Watch) -> Floats | None:
    """The flat weights that a training begins with, where its file names others than its own;
    `report` is told which tensors were taken. LenetError where none can be."""
    start = graph.train.start if graph.train is not None else None
    if start is None:
        return None
    path = spec.parent / start.path
    there = _tensors_of(path)
    names = _names_of(spec.parent / start.names) if start.names else {}
    program = compile_graph(graph)
    assert graph.train is not None
    weights = initial_weights(program, graph.train.seed)
    tensors, taken, anew = to_tensors(program, weights), 0, []
    for slot in program.slots:
        if _is_anew(slot.name, start):
            anew.append(slot.name)
            continue
        found = _find(slot, there, names)
        if found is None or found.shape != slot.shape:
            other = (
                f" ({show(slot.shape)} here, {show(found.shape)} there)"
                if found is not None
                else ""
            )
            anew.append(f"{slot.name}{other}")
            continue
        if not np.isfinite(found).all():
            raise LenetError(f"the tensor {slot.name} of {path} has values that are no numbers")
        tensors[slot.name] = np.ascontiguousarray(found, np.float32)
        taken += 1
    if not taken:
        raise _nothing_fits(path, there, [slot.name for slot in program.slots])
    report(StartedFrom(str(path), taken, anew))
    return from_tensors(program, tensors)


def first_state(job: Job, weights: Floats) -> bytes:
    """The checkpoint before the first step of a training that begins with these weights."""
    updater = updater_of(job.graph, compile_graph(job.graph))
    position = {
        "iteration": 0,
        "at": asdict(Position()),
        "stopper": Stopper(job.train.stop_when).state,
    }
    return State(weights, updater.state, position).to_bytes(job.digest, job.model)


def _is_anew(tensor: str, start: Start) -> bool:
    return any(tensor.startswith(f"{name}.") for name in start.anew)


def _find(slot: Slot, there: Mapping[str, Floats], names: Mapping[str, str]) -> Floats | None:
    """The tensor of this name, or of what it is called there, if there is any."""
    layer, _, part = slot.name.rpartition(".")
    wanted = [names[slot.name]] if slot.name in names else []
    # A layer's other name goes for all that begins with it, as a block's does for its layers.
    place = next((own for own in sorted(names, key=len, reverse=True)
                  if layer == own or layer.startswith(f"{own}.")), None)  # fmt: skip
    other = names[place] + layer[len(place) :] if place is not None else layer
    wanted += [f"{other}.{part}", f"{other}.{slot.parameter.pytorch or part}"]
    return next((there[name] for name in wanted if name in there), None)


def _tensors_of(path: Path) -> Mapping[str, Floats]:
    """Those of one of our models or checkpoints, or of a safetensors or an ONNX file of any other
    origin."""
    if path.suffix in _PICKLES:
        raise LenetError(
            f"I cannot read {path}",
            "It is a pickle, which may run any program that is in it.",
            "save the tensors in Python: safetensors.torch.save_file(net.state_dict(), "
            f'"{path.stem}.safetensors")',
        )
    if path.suffix.lower() == ENDING:
        return onnx_tensors(path)
    try:
        with safe_open(str(path), framework="numpy") as file:
            version = (file.metadata() or {}).get("format", "")
        if version.startswith("lenet-"):
            return Model.open(path).tensors
        found = load_file(path)
    except (FileNotFoundError, SafetensorError, OSError, TypeError, ValueError, KeyError):
        return Model.open(path).tensors  # which says what is wrong with it
    return {name: t.astype(np.float32) for name, t in found.items() if t.dtype.kind == "f"}


def _names_of(path: Path) -> dict[str, str]:
    """Our names, and theirs: a line of both for each, # before a comment."""
    try:
        text = read_file(path).decode()
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise LenetError(f"cannot read {path}", "It is no UTF-8 text.") from None
    names = {}
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or words[0] in names:
            why = f"{words[0]} stands there twice." if len(words) == 2 else ""
            detail = f"Line {number} is `{clean(line[:80].strip())}`. {why}".rstrip()
            fix = "write our name and theirs in each line, as in `conv1 features.0`"
            raise LenetError(f"I cannot read the names in {path}", detail, fix)
        names[words[0]] = words[1]
    return names


def _nothing_fits(path: Path, there: Mapping[str, Floats], ours: list[str]) -> LenetError:
    def listed(names: list[str]) -> str:
        more = f" and {len(names) - _SHOWN:,} others" if len(names) > _SHOWN else ""
        return ", ".join(clean(name[:80]) for name in names[:_SHOWN]) + more

    detail = (
        f"It has {listed(list(there))}; the net has {listed(ours)}." if there else "It is empty."
    )
    title = f"no tensor of {path} has the name and the shape of one of the net's"
    if any(name in there for name in ours):
        return LenetError(title, f"Those of the same name have other shapes. {detail}")
    return LenetError(
        title,
        detail,
        'if they are only called differently, add `names "names.txt"` to the line, a file with a '
        "line `ours theirs` for each layer",
    )

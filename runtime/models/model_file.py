"""A model's file: tensors, and in the metadata all else that is needed to use them."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as safetensors_bytes

from lenet.compiler.pipeline import compile_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.files import check_file
from lenet.dsl.graph import Graph
from lenet.dsl.messages.diagnostics import SpecError
from lenet.runtime.models.model_facts import (
    Damaged,
    check_fit,
    facts_of,
    features_of,
    fields_of,
    history_of,
)
from lenet.runtime.models.quantized_file import (
    as_values,
    quantized_facts,
    quantized_inputs,
    quantized_tensors,
    scale_of,
    weight_of,
)
from lenet.runtime.records import checkpoint
from lenet.runtime.training.arguments import problem_of
from lenet.runtime.training.parameters import to_tensors

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

FORMAT = "lenet-1"
QUANTIZED = "lenet-2"  # as lenet-1, but for layers of int8 weights
_FACTS = ("spec", "settings", "normalization", "classes")
_KEYS = (*_FACTS, "digest", "history", "checksum")
_KINDS = {"F32": "float32", "F64": "float64", "F16": "float16", "I8": "int8"}  # in numpy's words
_SAID = 300  # characters of what safetensors says
_SHOWN = 60  # characters of what a file says, in a message


def format_of(model: "Model") -> str:
    """What a file of the model says of its format."""
    return QUANTIZED if model.quantized else FORMAT


def written(model: "Model") -> bytes:
    """The file."""
    metadata = {
        "format": format_of(model),
        **facts_of(model),
        "digest": model.digest,
        "history": json.dumps(list(model.history)),
        **quantized_facts(model.quantized),
    }
    metadata["checksum"] = _checksum(metadata)
    return safetensors_bytes(quantized_tensors(model.tensors, model.quantized), metadata)


def read(path: Path, make: "type[Model]") -> "Model":
    """The model of a file, or of a checkpoint; LenetError where the file is missing, damaged or not
    one of ours. It is checked as a whole before anything is worked out with it."""
    try:
        with _opened(path) as file:
            metadata = file.metadata() or {}
            version = metadata.get("format", "")
            if version != checkpoint.FORMAT:
                return _of_model(path, make, file, metadata)
        return _of_checkpoint(path, make)
    except Damaged as damaged:
        raise LenetError(f"{path} is damaged", str(damaged)) from None


def _of_model(path: Path, make: "type[Model]", file: Any, metadata: dict[str, str]) -> "Model":
    version = metadata.get("format", "")
    if not version.startswith("lenet-"):
        detail = "It is a safetensors file, but its metadata hold no net."
        raise LenetError(f"{path} was not written by lenet", detail)
    if version not in (FORMAT, QUANTIZED):
        known = f"{FORMAT} and {QUANTIZED}"
        detail = f"It has the format {version[:_SHOWN]}; this version reads {known}."
        raise LenetError(f"{path} is of another version", detail)
    missing = [key for key in _KEYS if key not in metadata]
    if missing:
        raise Damaged(f"Its metadata lack {', '.join(missing)}.")
    if _checksum(metadata) != metadata["checksum"]:
        raise Damaged("Its metadata are not those it was saved with.")
    model = make(tensors={}, history=history_of(metadata), **fields_of(metadata))
    model = _checked(path, model)
    inputs = quantized_inputs(metadata, model.graph) if version == QUANTIZED else {}
    _check_shapes(file, model.graph, inputs)
    tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    tensors, quantized = as_values(tensors, inputs)
    model = replace(model, tensors=tensors, quantized=quantized)
    if model.digest != metadata["digest"]:
        raise Damaged("Its weights are not those it was saved with.")
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise Damaged(f"The tensor {name} has a value that is no finite number.")
    return model


def _of_checkpoint(path: Path, make: "type[Model]") -> "Model":
    try:
        state, facts = checkpoint.State.opened(path.read_bytes())
    except LenetError as error:
        raise LenetError(f"{path} cannot be used: {error.title}", error.detail) from None
    missing = [key for key in _FACTS if key not in facts]
    if missing:
        raise Damaged(f"It does not say what its {missing[0]} is.")
    model = make(tensors={}, **fields_of(facts))
    model = _checked(path, model)
    program = compile_graph(model.graph)
    if problem := problem_of(state.weights, program.weight_count):
        raise Damaged(f"Its weights are {problem}.")
    return replace(model, tensors=to_tensors(program, state.weights))


def _checked(path: Path, model: "Model") -> "Model":
    """With what was learnt of columns, as the net's inputs need it."""
    _check_spec(path, model)
    check_fit(model)
    return replace(model, features=features_of(model.features, model.graph))


def _check_spec(path: Path, model: "Model") -> None:
    try:
        _ = model.graph
    except LenetError as error:
        reason = error.title
        if isinstance(error, SpecError):
            reason = next(d.title for d in error.diagnostics if d.severity == "error")
        raise LenetError(f"{path} has a spec that I cannot read", f"{reason}.") from None


def _check_shapes(file: Any, graph: Graph, quantized: Collection[str]) -> None:
    """Damaged unless the tensors are exactly those of the net, with int8 weights of some layers;
    before they are read, since there may be any number of them, of any size."""
    needed = {f"{node.name}.{p.name}": p.shape for node in graph.nodes for p in node.parameters}
    bytes_of = {weight_of(name) for name in quantized}
    needed |= {scale_of(name): needed[weight_of(name)][:1] for name in quantized}
    there = set(file.keys())
    for name in sorted(needed.keys() | there):
        if name not in there:
            raise Damaged(f"It lacks the tensor {name}.")
        if name not in needed:
            raise Damaged(f"Its net has no tensor {name[:_SHOWN]}.")
        tensor = file.get_slice(name)
        kind, shape = tensor.get_dtype(), tuple(tensor.get_shape())
        wanted = "I8" if name in bytes_of else "F32"
        if kind != wanted or shape != needed[name]:
            found = f"{_KINDS.get(kind, kind)} {shape}"
            found += f", but the net needs {_KINDS[wanted]} {needed[name]}"
            raise Damaged(f"The tensor {name} is {found}.")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    shell = "train one with `lenet train`, and name its model.safetensors"
    python = 'train one with `lenet.train(…, output="run")`, and name run/model.safetensors'
    if (path / "model.safetensors").is_file():
        shell = python = f"name the file: {path / 'model.safetensors'}"
    if path.is_dir():
        raise LenetError(f"{path} is a folder, not a model", "", shell, python)
    if path.suffix == ".lenet" and path.is_file():
        shell = f"name the model.safetensors of its run, which `lenet train {path}` makes"
        raise LenetError(f"{path} says how to train a net, and is no model", "", shell, python)
    try:
        check_file(path)
        with safe_open(str(path), framework="numpy") as file:
            yield file
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}", "", shell, python) from None
    except SafetensorError as error:
        detail = f"It is cut short, damaged, or another kind of file ({str(error)[:_SAID]})."
        raise LenetError(f"{path} is not a readable model", detail) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise LenetError(f"{path} is not a readable model", reason) from None
    except (ValueError, TypeError) as error:
        raise LenetError(f"{path} is not a readable model", str(error)[:_SAID]) from None


def _checksum(metadata: Mapping[str, str]) -> str:
    """Of all metadata but itself: a damaged mean would change every prediction."""
    rest = {key: value for key, value in metadata.items() if key != "checksum"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()

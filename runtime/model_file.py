"""A model's file: tensors, and in the metadata all else that is needed to use them."""

import json
from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as safetensors_bytes

from compiler.pipeline import compile_graph
from dsl.diagnostics import SpecError
from dsl.errors import LenetError
from dsl.files import check_file
from runtime import checkpoint
from runtime.observed import Observed
from runtime.parameters import to_tensors

if TYPE_CHECKING:
    from runtime.model import Model

FORMAT = "lenet-1"
_KEYS = ("spec", "digest", "settings", "normalization", "classes", "history", "checksum")


def facts_of(model: "Model") -> dict[str, str]:
    """All but the weights and how they came about."""
    observed = None if model.observed is None else model.observed.as_dict()
    return {
        "spec": model.source,
        "spec_digest": sha256(model.source.encode()).hexdigest(),
        "name": model.name,
        "imports": json.dumps(dict(model.imports)),
        "settings": json.dumps({name: str(v) for name, v in model.settings.items()}),
        "normalization": json.dumps(
            {
                "pixel_scale": model.pixel_scale,
                "mean": list(model.mean),
                "deviation": list(model.deviation),
            }
        ),
        "classes": json.dumps(list(model.classes)),
        "observed": json.dumps(observed),
    }


def fields_of(facts: Mapping[str, str]) -> dict[str, Any]:
    """The model's fields again."""
    normalization = json.loads(facts["normalization"])
    observed = json.loads(facts.get("observed", "null"))
    return {
        "source": facts["spec"],
        "classes": tuple(json.loads(facts["classes"])),
        "pixel_scale": normalization["pixel_scale"],
        "mean": tuple(normalization["mean"]),
        "deviation": tuple(normalization["deviation"]),
        "settings": {k: Fraction(v) for k, v in json.loads(facts["settings"]).items()},
        "imports": json.loads(facts.get("imports", "{}")),
        "observed": None if observed is None else Observed.from_dict(observed),
        "name": facts.get("name", ""),
    }


def written(model: "Model") -> bytes:
    """The file."""
    metadata = {
        "format": FORMAT,
        **facts_of(model),
        "digest": model.digest,
        "history": json.dumps(list(model.history)),
    }
    metadata["checksum"] = _checksum(metadata)
    return safetensors_bytes(dict(model.tensors), metadata)


def read(path: Path, make: "type[Model]") -> "Model":
    """The model of a file, or of a checkpoint; LenetError where the file is missing, damaged or not
    one of ours."""
    metadata, tensors = _read(path)
    version = metadata.get("format", "")
    if version == checkpoint.FORMAT:
        return _of_checkpoint(path, make)
    if not version.startswith("lenet-"):
        detail = "It is a safetensors file, but its metadata hold no net."
        raise LenetError(f"{path} was not written by lenet", detail)
    if version != FORMAT:
        detail = f"It has the format {version}; this version reads {FORMAT}."
        raise LenetError(f"{path} is of another version", detail)
    missing = [key for key in _KEYS if key not in metadata]
    if missing:
        detail = f"Its metadata lack {', '.join(missing)}."
        raise LenetError(f"{path} is damaged", detail)
    if _checksum(metadata) != metadata["checksum"]:
        raise LenetError(f"{path} is damaged", "Its metadata are not those it was saved with.")
    history = tuple(json.loads(metadata["history"]))
    model = make(tensors=tensors, history=history, **fields_of(metadata))
    if model.digest != metadata["digest"]:
        raise LenetError(f"{path} is damaged", "Its weights are not those it was saved with.")
    _check_tensors(path, model)
    return model


def _of_checkpoint(path: Path, make: "type[Model]") -> "Model":
    try:
        state, facts = checkpoint.State.opened(path.read_bytes())
    except LenetError as error:
        raise LenetError(f"{path} cannot be used: {error.title}", error.detail) from None
    fields = fields_of(facts)
    program = compile_graph(make(tensors={}, **fields).graph)
    if state.weights.size != program.weight_count:
        raise LenetError(f"{path} is damaged", "Its weights are not those of its net.")
    return make(tensors=to_tensors(program, state.weights), **fields)


def _check_tensors(path: Path, model: "Model") -> None:
    """LenetError unless they are exactly those of the spec, which this version must accept."""
    try:
        nodes = model.graph.nodes
    except SpecError as error:
        raise LenetError(f"{path} has a spec that I cannot read", error.detail) from None
    needed = {f"{node.name}.{p.name}": p.shape for node in nodes for p in node.parameters}
    for name in sorted(needed.keys() | model.tensors.keys()):
        tensor = model.tensors.get(name)
        if tensor is None:
            raise LenetError(f"{path} is damaged", f"It lacks the tensor {name}.")
        if name not in needed:
            raise LenetError(f"{path} is damaged", f"Its net has no tensor {name}.")
        if tensor.shape != needed[name] or tensor.dtype != np.float32:
            raise LenetError(
                f"{path} is damaged",
                f"The tensor {name} is {tensor.dtype} {tensor.shape}, "
                f"but the net needs float32 {needed[name]}.",
            )


def _read(path: Path) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    shell = "train one with `lenet train`, and name its model.safetensors"
    python = 'train one with `lenet.train(…, output="run")`, and name run/model.safetensors'
    if (path / "model.safetensors").is_file():
        shell = python = f"name the file: {path / 'model.safetensors'}"
    if path.is_dir():
        raise LenetError(f"{path} is a folder, not a model", "", shell, python)
    try:
        check_file(path)
        with safe_open(str(path), framework="numpy") as file:
            names = file.keys()
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}", "", shell, python) from None
    except SafetensorError as error:
        detail = f"It is cut short, damaged, or another kind of file ({error})."
        raise LenetError(f"{path} is not a readable model", detail) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise LenetError(f"{path} is not a readable model", reason) from None
    except (ValueError, TypeError) as error:
        raise LenetError(f"{path} is not a readable model", str(error)) from None


def _checksum(metadata: Mapping[str, str]) -> str:
    """Of all metadata but itself: a damaged mean would change every prediction."""
    rest = {key: value for key, value in metadata.items() if key != "checksum"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()

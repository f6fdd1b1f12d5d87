"""Files of named tensors: our own models and checkpoints, and safetensors and ONNX of any other
origin."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from lenet.dsl.errors import LenetError
from lenet.dsl.files import check_file, open_file
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import Shape, product
from lenet.runtime.models.model import Model
from lenet.runtime.models.onnx_tensors import ENDING, onnx_tensors

Floats = NDArray[np.float32]
_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
_OTHERS = {
    ".weights": "weights of Darknet",
    ".caffemodel": "weights of Caffe",
    ".h5": "a file of Keras",
    ".keras": "a file of Keras",
    ".pb": "a file of TensorFlow",
    ".tflite": "a file of TensorFlow Lite",
    ".npz": "arrays of numpy",
}
_FLOATS = ("F16", "BF16", "F32", "F64")
_SAID = 300  # characters of what safetensors says


@dataclass(frozen=True, eq=False)
class TensorFile:
    """The tensors of a file, by their names: `kinds` are their types as safetensors calls them,
    such as F32. `ours` tells whether it is one of our models or checkpoints. Values are read when
    they are asked for."""

    path: Path
    shapes: Mapping[str, Shape]
    kinds: Mapping[str, str]
    load: Callable[[str], NDArray[Any]]
    ours: bool = False

    def is_floats(self, name: str) -> bool:
        """Whether a tensor's values are such that become float32."""
        return self.kinds[name] in _FLOATS

    def read(self, name: str) -> Floats:
        """The values of one of floats: half precision exactly, double precision rounded; LenetError
        where one is no finite number, or beyond float32."""
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(self.load(name), np.float32)
        if not np.isfinite(values).all():
            raise LenetError(
                f"the tensor {clean(name[:80])} of {self.path} has values that are no numbers",
                "They are infinite, undefined, or too large for float32.",
            )
        return values


def open_tensors(path: Path) -> TensorFile:
    """Those of a file; LenetError where it is none that is read, or damaged."""
    suffix = path.suffix.lower()
    if suffix in _PICKLES:
        raise _pickle(path)
    if suffix == ENDING:
        return _in_memory(path, onnx_tensors(path))
    if suffix in _OTHERS:
        raise LenetError(
            f"I cannot read {path}",
            f"By its name it is {_OTHERS[suffix]}; what is read is safetensors and ONNX.",
            "write the tensors as NAME.safetensors, with `save_file` of safetensors in Python",
        )
    try:
        check_file(path)
        with safe_open(str(path), framework="numpy") as file:
            version = (file.metadata() or {}).get("format", "")
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            shapes = {name: tuple(found.get_shape()) for name, found in slices.items()}
            kinds = {name: str(found.get_dtype()) for name, found in slices.items()}
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise LenetError(f"{path} is a folder, not a file of tensors") from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except (SafetensorError, TypeError, ValueError, KeyError) as error:
        if _looks_pickled(path):
            raise _pickle(path) from None
        detail = f"It is cut short, damaged, or another kind of file ({str(error)[:_SAID]})."
        raise LenetError(f"{path} is not a readable safetensors file", detail) from None
    if version.startswith("lenet-"):
        return _in_memory(path, Model.open(path).tensors, ours=True)  # checked as a whole
    return TensorFile(path, shapes, kinds, lambda name: _load(path, name, kinds[name], shapes))


def _in_memory(path: Path, tensors: Mapping[str, Floats], ours: bool = False) -> TensorFile:
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    return TensorFile(path, shapes, dict.fromkeys(tensors, "F32"), tensors.__getitem__, ours)


def _load(path: Path, name: str, kind: str, shapes: Mapping[str, Shape]) -> NDArray[Any]:
    if kind == "BF16":
        return _load_bfloat16(path, name, shapes[name])
    try:
        with safe_open(str(path), framework="numpy") as file:
            found: NDArray[Any] = file.get_tensor(name)
    except (OSError, SafetensorError) as error:  # it has changed meanwhile
        raise LenetError(f"cannot read {path}", str(error)[:_SAID]) from None
    return found


def _load_bfloat16(path: Path, name: str, shape: Shape) -> Floats:
    """The upper half of a float32 each, for which numpy has no type. The header of the file is
    known to be sound."""
    try:
        with open_file(path) as file:
            length = int.from_bytes(file.read(8), "little")
            start, _ = json.loads(file.read(length))[name]["data_offsets"]
            file.seek(8 + length + start)
            halves = np.frombuffer(file.read(2 * product(shape)), "<u2")
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(shape)


def _looks_pickled(path: Path) -> bool:
    """Whether a file begins as those that torch.save writes, now in a zip archive."""
    with open_file(path) as file:
        return file.read(2) in (b"PK", b"\x80\x02")


def _pickle(path: Path) -> LenetError:
    return LenetError(
        f"I cannot read {path}",
        "It is a pickle, which may run any program that is in it.",
        "save the tensors in Python: safetensors.torch.save_file(net.state_dict(), "
        f'"{path.stem}.safetensors")',
    )

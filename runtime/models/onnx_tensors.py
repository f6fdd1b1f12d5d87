"""The weights of an ONNX file, whoever has written it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.runtime.extras import need

ENDING = ".onnx"
_MOST = 2**31  # bytes: that is where such files end


def onnx_package() -> Any:
    """The package onnx; LenetError where it is missing."""
    need("onnx", "an ONNX file")
    import onnx

    return onnx


def onnx_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The initializers of floats by their names; LenetError where the file cannot be read, or where
    its weights lie in other files."""
    onnx = onnx_package()
    try:
        data = read_file(path, _MOST)
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    try:
        file = onnx.load_from_string(data)
        if not file.HasField("graph"):  # protobuf leaves out what it does not know
            raise ValueError
        tensors = file.graph.initializer
        if any(onnx.external_data_helper.uses_external_data(tensor) for tensor in tensors):
            fix = f'save them in it: onnx.save(onnx.load("{path.name}"), "whole{ENDING}")'
            raise LenetError(f"the weights of {path} lie in other files", "", fix)
        arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in tensors}
    except LenetError:
        raise
    except Exception:  # whatever protobuf and onnx make of damaged bytes
        detail = "It is cut short, damaged, or no ONNX file."
        raise LenetError(f"{path} is not a readable model", detail) from None
    return {name: a.astype(np.float32) for name, a in arrays.items() if a.dtype.kind == "f"}

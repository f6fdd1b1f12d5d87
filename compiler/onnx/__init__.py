"""The layers in ONNX's words: a module each, as in `compiler/kernels`."""

import importlib
from importlib.util import find_spec
from types import ModuleType

from lenet.dsl.vocabulary import module_of


def written_by(kind: str) -> ModuleType | None:
    """The module that writes a kind of layer, None where there is none."""
    name = f"{__name__}.{module_of(kind)}"
    return importlib.import_module(name) if find_spec(name) is not None else None

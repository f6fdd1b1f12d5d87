"""What each of ONNX's operations becomes: a module each, of its name in small letters, with a
function `read(op) -> Value`."""

import importlib
from importlib.util import find_spec
from types import ModuleType


def read_by(kind: str) -> ModuleType | None:
    """The module that reads a kind of operation, None where there is none."""
    name = f"{__name__}.{kind.lower()}"
    known = kind.isalnum() and kind.isascii() and find_spec(name) is not None
    return importlib.import_module(name) if known else None

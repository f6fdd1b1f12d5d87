"""What each of Caffe's layers becomes: a module each, of its type in small letters, with a function
`read(layer, net) -> int`, the number of the value that it gives."""

import importlib
from importlib.util import find_spec
from types import ModuleType


def read_by(kind: str) -> ModuleType | None:
    """The module that reads a type of layer, None where there is none."""
    name = f"{__name__}.{kind.lower().replace('_', '')}"
    plain = kind.replace("_", "")
    known = plain.isascii() and plain.isalpha() and find_spec(name) is not None
    return importlib.import_module(name) if known else None

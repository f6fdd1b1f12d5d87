"""What each of Darknet's sections becomes: a module each, of its name, with a function
`read(section, net) -> int`, the number of the value that it gives."""

import importlib
from importlib.util import find_spec
from types import ModuleType


def read_by(kind: str) -> ModuleType | None:
    """The module that reads a section, None where there is none."""
    name = f"{__name__}.{kind}"
    known = kind.isascii() and kind.isalpha() and find_spec(name) is not None
    return importlib.import_module(name) if known else None

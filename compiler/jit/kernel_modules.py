"""A net's source as a module, and its functions, compiled one by one."""

import gc
import importlib
import sys
from functools import cache
from itertools import count
from pathlib import Path
from types import ModuleType

from numba.np import linalg

from lenet.compiler.jit.forks import STEADY
from lenet.compiler.simd.kernel import GENERATED, Kernel

_made = count(1)  # functions
_COLLECTED = 100  # after so many, garbage is collected nevertheless: it is 3 MiB of each


def compile_function(module: ModuleType, name: str, pixels: str) -> bool:
    """Compile a function for images of such numbers, or take it from the cache; whether it had to
    be compiled."""
    _spare_scipy()
    made = find(module, name).compile(pixels)
    if made and next(_made) % _COLLECTED == 0:
        gc.collect()
    return made


@cache
def _spare_scipy() -> None:
    """Before it compiles, numba loads scipy, which takes as long as a net's kernels, to see whether
    `dot` would find its BLAS there. lenet brings scipy along, and no kernel has need of it: it is
    loaded where a function of others does call `dot`."""
    ensure_blas, linalg.ensure_blas = linalg.ensure_blas, lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = ensure_blas


def find(module: ModuleType, name: str) -> Kernel:
    """A function of a net, or of another module by its full name."""
    home, _, function = name.rpartition(".")
    found = getattr(importlib.import_module(home) if home else module, function)
    assert isinstance(found, Kernel), name
    return found


def import_kernels(path: Path, source: bytes) -> ModuleType:
    """The module of a source that lies at `path`. What Python would read and keep beside it, the
    same in another form, might be damaged."""
    name = f"{GENERATED}{path.parent.name}"
    with STEADY:
        if name not in sys.modules:
            module = ModuleType(name)
            module.__file__ = str(path)
            exec(compile(source, str(path), "exec"), module.__dict__)
            sys.modules[name] = module
        return sys.modules[name]

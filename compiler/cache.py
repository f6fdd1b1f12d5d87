"""From kernel source to machine code, through a content-addressed cache in the user's folder.

A module is written once, under the digest of its own text and of the compiler's sources, and
never changed: numba keeps the machine code beside it, by processor and time stamp.
"""

import hashlib
import importlib.util
import os
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
from numba import types

from compiler.folders import cache_folder
from compiler.program import Loaded, Program
from compiler.support import add_exactly, sgd
from dsl.errors import LenetError


@cache
def _compiler_digest() -> str:
    """Of the sources that kernels are linked with; the numba and numpy versions count too."""
    import numba

    folder = Path(__file__).parent
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__} {sys.version}".encode())
    for path in sorted([*folder.glob("simd/*.py"), folder / "support.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def load(program: Program, folder: Path | None = None) -> Loaded:
    """Compile the program's functions, or take them from the cache."""
    started = time.perf_counter()
    text = program.source.encode()
    digest = hashlib.sha256(_compiler_digest().encode() + text).hexdigest()[:24]
    path = (folder or cache_folder()) / "kernels" / digest / "kernels.py"
    try:
        _write_once(path, text)
        module = _import(path, f"lenet_kernels_{digest}")
        train = getattr(module, "train_slice", None)
        for function, signature in (
            (train, _TRAIN),
            (module.predict_slice, _PREDICT),
            (module.predict_single, _SINGLE),
            (add_exactly, _ADD_EXACTLY),
            (sgd, _SGD),
        ):
            if function is not None:
                function.compile(signature)
    except (OSError, RuntimeError) as error:  # numba's "no locator available" is the latter
        raise LenetError(
            f"cannot keep compiled kernels in {path.parent}",
            getattr(error, "strerror", None) or str(error),
            "free some space, or name another folder in the environment variable LENET_CACHE",
        ) from None
    hits = sum(module.predict_slice.stats.cache_hits.values())
    return Loaded(
        program,
        train,
        module.predict_slice,
        module.predict_single,
        path,
        time.perf_counter() - started,
        hits > 0,
    )


def _write_once(path: Path, text: bytes) -> None:
    """Atomic, since two processes may compile the same net at once."""
    if path.exists() and path.read_bytes() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="kernels.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _import(path: Path, name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _array(kind: types.Type, dimensions: int, readonly: bool = False) -> types.Array:
    return types.Array(kind, dimensions, "C", readonly=readonly)


_FLOATS = _array(types.float32, 1)
_DATA = (
    _array(types.uint8, 2, readonly=True),
    _array(types.int32, 1, readonly=True),
    _array(types.int64, 1),
)
_TRAIN = (
    _FLOATS, _FLOATS, _FLOATS, *_DATA, _FLOATS, _FLOATS, types.uint64, types.boolean,
    _array(types.float64, 1),
)  # fmt: skip
_PREDICT = (
    _FLOATS, _FLOATS, _DATA[0], _DATA[2], _FLOATS, _FLOATS, types.boolean,
    _array(types.float32, 2),
)  # fmt: skip
_SINGLE = (
    _FLOATS, _FLOATS, _DATA[0], types.int64, _FLOATS, _FLOATS, _array(types.float32, 2)
)  # fmt: skip
_SUMS = _array(types.int64, 1)
_ADD_EXACTLY = (_FLOATS, _SUMS, types.float64)
_SGD = (
    _FLOATS, _FLOATS, _SUMS, types.float32, types.float32, types.boolean, types.float32
)  # fmt: skip

"""From kernel source to machine code, through a content-addressed cache in the user's folder.

A module is written once, under the digest of its own text and of the compiler's sources, and
never changed: numba keeps the machine code beside it, by processor and time stamp.
"""

import fcntl
import hashlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numba import types

from compiler.exact import adam, add_exactly, sgd, sum_and_adam, sum_and_sgd, sum_exactly
from compiler.folders import cache_folder
from compiler.helper import EXACT, KERNELS, PREDICT, SINGLE, Helper, compile_share
from compiler.program import Program
from compiler.simd.vector import MODULE_PREFIX
from dsl.errors import LenetError


@dataclass(frozen=True)
class Compiled:
    """How long it took, and whether all was in the cache."""

    seconds: float
    from_cache: bool


class Loaded:
    """The functions of a program. Each is compiled when it is first used, or by `compile`."""

    def __init__(self, program: Program, path: Path, module: ModuleType) -> None:
        self.program = program
        self.path = path
        self._module = module
        self._lock = RLock()
        self._ready: set[str] = set()
        self._helper: Helper | None = None

    @property
    def train_slice(self) -> Callable[..., Any] | None:
        """None where the net cannot be trained. With several phases it takes one's number first."""
        return self._function("train_slice") if self.program.phases else None

    @property
    def predict_slice(self) -> Callable[..., Any]:
        return self._function("predict_slice")

    @property
    def predict_single(self) -> Callable[..., Any]:
        return self._function("predict_single")

    def compile(self, *names: str) -> Compiled:
        """Compile functions of the program, or of compiler/exact.py, now; LenetError where they
        cannot be kept."""
        started = time.perf_counter()
        exact = [name for name in names if name in _EXACT]
        kernels = [self._function(name, exact) for name in names if name not in _EXACT]
        with _errors_of(self.path):
            if self._helper is not None:
                self._helper.wait_for(EXACT)
            compile_exact(exact)
        cached = all(sum(f.stats.cache_hits.values()) > 0 for f in kernels)
        return Compiled(time.perf_counter() - started, cached)

    def _function(self, name: str, exact: Sequence[str] = ()) -> Any:
        function = getattr(self._module, name)
        if name in self._ready:
            return function
        with self._lock, _errors_of(self.path), _once_a_host(self.path.parent):
            if name == "train_slice":
                self._compile_kernels(function, exact)
            elif self._helper is not None:
                self._helper.wait_for(PREDICT if name == "predict_slice" else SINGLE)
            with quick_optimization():
                function.compile(signature_of(function))
            self._ready.add(name)
        return function

    def _compile_kernels(self, train_slice: Any, exact: Sequence[str]) -> None:
        """Those of training in two processes at once; the other one goes on to what is `exact`, and
        to prediction."""
        if _is_cached(train_slice):
            return
        self._helper = Helper.start(self.path, self._module, exact)
        if self._helper is not None:
            with quick_optimization():
                compile_share(self._module, 0)
            self._helper.wait_for(KERNELS)


def compile_exact(names: Sequence[str]) -> None:
    """Functions of compiler/exact.py, for the types of their arguments."""
    for name in names:
        function, signature = _EXACT[name]
        function.compile(signature)


def load(program: Program, folder: Path | None = None) -> Loaded:
    """The program's functions; what is missing in the cache is compiled when it is used."""
    text = program.source.encode()
    digest = hashlib.sha256(_compiler_digest().encode() + text).hexdigest()[:24]
    path = (folder or cache_folder()) / "kernels" / digest / "kernels.py"
    with _errors_of(path):
        _write_once(path, text)
        return Loaded(program, path, import_kernels(path, MODULE_PREFIX + digest))


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:  # numba's "no locator available" is the latter
        raise LenetError(
            f"cannot keep compiled kernels in {path.parent}",
            getattr(error, "strerror", None) or str(error),
            "free some space, or name another folder in the environment variable LENET_CACHE",
        ) from None


@contextmanager
def _once_a_host(folder: Path) -> Iterator[None]:
    """Others that compile the same net wait, and then take what is in the cache."""
    try:
        file = (folder / "lock").open("a")
    except PermissionError:  # a cache that somebody else has filled
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def quick_optimization() -> Iterator[None]:
    """Kernels are vectors and unrolled tiles already: more than LLVM's O1 finds nothing in them."""
    usual = numba.config.OPT
    numba.config.OPT = type(usual)("1")
    try:
        yield
    finally:
        numba.config.OPT = usual


@cache
def _compiler_digest() -> str:
    """Of the sources that kernels are linked with; the numba and numpy versions count too."""
    folder = Path(__file__).parent
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__} {sys.version}".encode())
    for path in sorted([*folder.glob("simd/*.py"), folder / "support.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


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


def import_kernels(path: Path, name: str) -> ModuleType:
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


def signature_of(function: Any) -> tuple[types.Type, ...]:
    """The types of the arguments of one of a module's functions; with probes, of `times` too."""
    code = function.py_func.__code__
    probed = "times" in code.co_varnames[: code.co_argcount]
    name = "phased" if "phase" in code.co_varnames[: code.co_argcount] else function.__name__
    return (*_SIGNATURES[name], *([_TIMES] if probed else []))


def _is_cached(function: Any) -> bool:
    """Whether numba keeps machine code of a function, perhaps of another processor."""
    folder = Path(function.stats.cache_path)
    return any(folder.glob(f"kernels.{function.__name__}-*.nbi"))


def _array(kind: types.Type, dimensions: int, readonly: bool = False) -> types.Array:
    return types.Array(kind, dimensions, "C", readonly=readonly)


_FLOATS = _array(types.float32, 1)
_DATA = (
    _array(types.uint8, 2, readonly=True),
    _array(types.int32, 1, readonly=True),
    _array(types.int64, 1),
)
_SIGNATURES = {
    "train_slice": (
        _FLOATS, _FLOATS, _FLOATS, *_DATA, _FLOATS, _FLOATS, types.uint64, types.boolean,
        _array(types.float64, 1),
    ),
    "phased": (
        types.int64, _FLOATS, _FLOATS, _FLOATS, _FLOATS, _array(types.float64, 1), *_DATA, _FLOATS,
        _FLOATS, types.uint64, types.boolean, _array(types.float64, 1),
    ),
    "predict_slice": (
        _FLOATS, _FLOATS, _DATA[0], _DATA[2], _FLOATS, _FLOATS, types.boolean,
        _array(types.float32, 2),
    ),
    "predict_single": (
        _FLOATS, _FLOATS, _DATA[0], types.int64, _FLOATS, _FLOATS, _array(types.float32, 2)
    ),
}  # fmt: skip
_TIMES = _array(types.int64, 1)
_SUMS = _array(types.int64, 1)
_RANGE = (types.int64, types.int64)
_ROWS = _array(types.int64, 1)
_PARTS = (_array(types.float32, 2), _ROWS, _array(types.int64, 2), _ROWS)
_SGD = (types.float32, types.float32, types.boolean, types.float32)
_ADAM = (*(types.float32,) * 5, types.int64)
_EXACT = {
    "add_exactly": (add_exactly, (_FLOATS, _FLOATS, _SUMS, types.float64, types.boolean)),
    "sum_exactly": (sum_exactly, (*_PARTS, _SUMS, *_RANGE, types.float64)),
    "sgd": (sgd, (_FLOATS, _FLOATS, _SUMS, *_SGD)),
    "adam": (adam, (_FLOATS, _FLOATS, _FLOATS, _SUMS, *_ADAM)),
    "sum_and_sgd": (
        sum_and_sgd, (*_PARTS, _SUMS, *_RANGE, types.float64, _FLOATS, _FLOATS, *_SGD)
    ),
    "sum_and_adam": (
        sum_and_adam, (*_PARTS, _SUMS, *_RANGE, types.float64, *(_FLOATS,) * 3, *_ADAM)
    ),
}  # fmt: skip

"""From kernel source to machine code, through a content-addressed cache in the user's folder.

A module is written once, under the digest of its own text and of the compiler's sources, and
never changed: numba keeps the machine code beside it, by processor and time stamp.
"""

import fcntl
import gc
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

from compiler import exact
from compiler.folders import cache_folder
from compiler.helper import Helpers, Job
from compiler.program import Program
from compiler.simd.kernel import Kernel
from dsl.errors import LenetError

DType = np.dtype[Any]
_BYTES = np.dtype(np.uint8)
_LOCK = RLock()  # numba compiles one function at a time, and Python has one garbage collector


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
        self._ready: set[Job] = set()
        self._functions: dict[tuple[str, DType], Callable[..., Any]] = {}
        self._helpers: Helpers | None = None

    def train_slice(self, pixels: DType) -> Callable[..., Any]:
        """For images of uint8 or float32. With several phases it takes one's number first."""
        return self._function("train_slice", pixels)

    def predict_slice(self, pixels: DType) -> Callable[..., Any]:
        return self._function("predict_slice", pixels)

    def predict_single(self, pixels: DType) -> Callable[..., Any]:
        return self._function("predict_single", pixels)

    def compile(self, *names: str, pixels: DType = _BYTES) -> Compiled:
        """Compile functions of the program, or of compiler/exact.py, now; LenetError where they
        cannot be kept."""
        started = time.perf_counter()
        jobs = [job for name in names for job in self._jobs(name, pixels.name)]
        cached = self._compile(jobs)
        return Compiled(time.perf_counter() - started, cached)

    def _function(self, name: str, pixels: DType) -> Callable[..., Any]:
        found = self._functions.get((name, pixels))
        if found is None:
            self._compile(self._jobs(name, pixels.name))
            found = self._functions[name, pixels] = getattr(self._module, name).dispatcher
        return found

    def _jobs(self, name: str, pixels: str) -> list[Job]:
        """To compile a function and all that it calls, the longest first."""
        needed = _find(self._module, name).needed()
        return [Job(f.python.__name__, f.variant(pixels)) for f in needed]

    def _compile(self, jobs: Sequence[Job]) -> bool:
        """False where one was not in the cache."""
        with _LOCK, _errors_of(self.path), _once_a_host(self.path.parent), _no_collection():
            jobs = [job for job in dict.fromkeys(jobs) if job not in self._ready]
            missing = [job for job in jobs if not self._is_cached(job)]
            if missing and self._helpers is None:
                later = []
                for job in missing:
                    if job.name == "train_slice":  # prediction comes next
                        later += self._jobs("predict_slice", job.pixels)
                        later += self._jobs("predict_single", job.pixels)
                self._helpers = Helpers.start(self.path, self._module.__name__, missing, later)
            if self._helpers is not None:
                self._helpers.work_off(missing, lambda job: compile_job(self._module, job))
            made = [compile_job(self._module, job) for job in jobs]
            self._ready.update(jobs)
        return not missing and not any(made)

    def _is_cached(self, job: Job) -> bool:
        """Whether numba keeps machine code of a function, perhaps of another processor."""
        function = _find(self._module, job.name)
        file = Path(function.python.__code__.co_filename).stem
        folder = Path(function.dispatcher.stats.cache_path)
        return any(folder.glob(f"{file}.{job.name}-*.nbi"))


def compile_job(module: ModuleType, job: Job) -> bool:
    """Compile a function, or take it from the cache; whether it had to be compiled."""
    return _find(module, job.name).compile(job.pixels)


def _find(module: ModuleType, name: str) -> Kernel:
    """A function of a net, or of compiler/exact.py."""
    found = getattr(module, name, None) or getattr(exact, name)
    assert isinstance(found, Kernel), name
    return found


def load(program: Program, folder: Path | None = None) -> Loaded:
    """The program's functions; what is missing in the cache is compiled when it is used."""
    text = program.source.encode()
    digest = hashlib.sha256(_compiler_digest().encode() + text).hexdigest()[:24]
    path = (folder or cache_folder()) / "kernels" / digest / "kernels.py"
    with _errors_of(path):
        _write_once(path, text)
        return Loaded(program, path, import_kernels(path, f"lenet_kernels_{digest}"))


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
def _no_collection() -> Iterator[None]:
    """numba makes many objects that stay; to search them for garbage is a twelfth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


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

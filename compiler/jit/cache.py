"""From kernel source to machine code, through a content-addressed cache in the user's folder.

A module is written once, under the digest of its own text and of the compiler's sources, and
never changed. The machine code lies in a folder beside, by function and by processor, for all nets
that have that function (compiler/jit/kept.py).
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

import numpy as np

from lenet.compiler.jit.alone import alone
from lenet.compiler.jit.compile_workers import Helpers, Job
from lenet.compiler.jit.folders import cause_and_cure, kernel_folder, write_own
from lenet.compiler.jit.forks import STEADY, renewed
from lenet.compiler.jit.kept import CODE, source_digest
from lenet.compiler.jit.kernel_modules import compile_function, find, import_kernels
from lenet.compiler.program import Program
from lenet.dsl.errors import LenetError

DType = np.dtype[Any]
_BYTES = np.dtype(np.uint8)
_lock = RLock()  # numba compiles one function at a time, and Python has one garbage collector
_collection_off = False  # while this process compiles


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
        self._alike: dict[tuple[str, str], Job] = {}  # by content and images, the first one
        self._functions: dict[tuple[str, DType], Callable[..., Any]] = {}
        self._helpers: Helpers | None = None
        renewed(self)

    def renew(self) -> None:
        """In a child, the helpers are its parent's."""
        self._helpers = None

    def train_slice(self, pixels: DType) -> Callable[..., Any]:
        """For images of uint8 or float32. With several phases it takes one's number first."""
        return self._function("train_slice", pixels)

    @property
    def late_gradient(self) -> Callable[..., Any]:
        """Where the program has gradients that are late."""
        return self._function("late_gradient", _BYTES)

    @property
    def prepare(self) -> Callable[..., Any]:
        """Where the program has something to prepare of new weights."""
        return self._function("prepare", _BYTES)

    def predict_slice(self, pixels: DType) -> Callable[..., Any]:
        """For images of uint8 or float32, in blocks."""
        return self._function("predict_slice", pixels)

    def input_gradient(self, pixels: DType) -> Callable[..., Any]:
        """For images of uint8 or float32, where the program has it."""
        return self._function("input_gradient", pixels)

    def predict_single(self, pixels: DType) -> Callable[..., Any]:
        """For images of uint8 or float32, one in a call."""
        return self._function("predict_single", pixels)

    def compile(self, *names: str, pixels: DType = _BYTES) -> Compiled:
        """Compile functions of the program, or of modules by their full names, now; LenetError
        where they cannot be kept."""
        started = time.perf_counter()
        jobs = [job for name in names for job in self._jobs(name, pixels.name)]
        cached = self._compile(jobs)
        return Compiled(time.perf_counter() - started, cached)

    def is_kept(self, name: str, pixels: DType) -> bool:
        """Whether machine code of a function, and of all that it calls, is in the cache, perhaps of
        another processor."""
        return all(self._is_cached(job) for job in self._jobs(name, pixels.name))

    def _function(self, name: str, pixels: DType) -> Callable[..., Any]:
        found = self._functions.get((name, pixels))
        if found is None:
            self._compile(self._jobs(name, pixels.name))
            found = self._functions[name, pixels] = getattr(self._module, name).dispatcher
        return found

    def _jobs(self, name: str, pixels: str) -> list[Job]:
        """To compile a function and all that it calls, the longest first."""
        own, jobs = f"{self._module.__name__}.", []
        with STEADY:  # what a function is made of is found, and its cells are made, once for all
            for function in find(self._module, name).needed():
                job = Job(function.name.removeprefix(own), function.variant(pixels))
                jobs.append(self._alike.setdefault((function.content, job.pixels), job))
        return jobs

    def _compile(self, jobs: Sequence[Job]) -> bool:
        """False where one was not in the cache."""
        with _lock, _errors_of(self.path), _once_a_host(self.path.parent), _no_collection():
            jobs = [job for job in dict.fromkeys(jobs) if job not in self._ready]
            missing = [job for job in jobs if not self._is_cached(job)]
            if missing and self._helpers is None:
                later = []
                for job in missing:
                    if job.name == "train_slice":  # prediction comes next
                        later += self._jobs("predict_slice", job.pixels)
                        later += self._jobs("predict_single", job.pixels)
                self._helpers = Helpers.start(self.path, missing, later)
            if self._helpers is not None:
                self._helpers.work_off(missing, self._compile_one)
            made = [self._compile_one(job) for job in jobs]
            self._ready.update(jobs)
        return not missing and not any(made)

    def _compile_one(self, job: Job) -> bool:
        return compile_function(self._module, job.name, job.pixels)

    def _is_cached(self, job: Job) -> bool:
        """Whether there is machine code of a function, perhaps of another processor."""
        with STEADY:
            return find(self._module, job.name).is_kept()


def load(program: Program, folder: Path | None = None) -> Loaded:
    """The program's functions; what is missing in the cache, or in another folder that is used like
    it, is compiled when it is used."""
    text = program.source.encode()
    digest = source_digest(text)
    place = folder / "kernels" / digest if folder else kernel_folder(digest)
    path = place / "kernels.py"
    try:
        _write_once(path, text)
        (place.parent / CODE).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _cannot_keep(path, error) from None
    return Loaded(program, path, import_kernels(path, text))


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _cannot_keep(path, error) from None


def _cannot_keep(path: Path, error: OSError) -> LenetError:
    cause, cure = cause_and_cure(error)
    return LenetError(f"cannot keep compiled kernels in {path.parent}", cause, cure)


@contextmanager
def _once_a_host(folder: Path) -> Iterator[None]:
    """Others that compile the same net wait, and then take what is in the cache."""
    with ExitStack() as stack:
        with suppress(OSError):  # a cache that cannot be written any more has nobody to wait for
            stack.enter_context(alone(folder / "lock"))
        yield


@contextmanager
def _no_collection() -> Iterator[None]:
    """numba makes many objects that stay; to search them for garbage is a twelfth of its time.
    That is done seldom (`compile_function`)."""
    global _collection_off
    if _collection_off or not gc.isenabled():
        yield
        return
    _collection_off = True
    gc.disable()
    try:
        yield
    finally:
        _collection_off = False
        gc.enable()


def _begin_anew() -> None:
    """In a child, whose parent may have been compiling: that goes on there only."""
    global _lock, _collection_off
    _lock = RLock()
    if _collection_off:
        _collection_off = False
        gc.enable()


os.register_at_fork(after_in_child=_begin_anew)


def _write_once(path: Path, source: bytes) -> None:
    if path.exists() and path.read_bytes() == source:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_own(path, source)

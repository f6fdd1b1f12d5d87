"""numba's machine code in our own cache, under the digest of the source that it comes from.

numba would keep it beside the source, which may be an installation that belongs to somebody else,
and would take what is there by the source's own digest alone. What is linked into a function counts
here, too.

What is kept is code, and is run. Each file begins with a checksum, and belongs to nobody else: one
that is damaged, or that others own or can write to, is as good as none, and is written anew.
"""

import hashlib
import hmac
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    NullCache,
    _CacheLocator,
)

from lenet.compiler import optimizers, simd
from lenet.compiler.jit.folders import cause_and_cure, kernel_folder, read_own, say_once, write_own

CODE = "code"  # beside the folders of sources, that of the functions of all nets
_CHECKSUM = hashlib.sha256().digest_size


def kept(dispatcher: Any) -> Any:
    """numba's function, whose machine code is kept in the cache."""
    function = dispatcher.py_func
    dispatcher._cache = KeptCode(lambda: _InFolder(_Place.of(function), function))
    return dispatcher


def kept_by_content(dispatcher: Any, folder: Path, digest: str) -> Any:
    """numba's function, whose machine code is kept in a folder under a digest of all that the
    function is made of, but for our own sources."""
    place = _Place(source_digest(digest.encode()), str(folder))
    dispatcher._cache = KeptCode(lambda: _InFolder(place, dispatcher.py_func))
    return dispatcher


class KeptCode(NullCache):  # type: ignore[misc]
    """The machine code of one function. Where it is kept is decided when it is first compiled."""

    def __init__(self, opening: "Callable[[], _InFolder]") -> None:
        self._opening = opening
        self._opened: _InFolder | None = None

    @property
    def cache_path(self) -> str:
        return str(self._open().cache_path)

    def exists(self) -> bool:
        """Whether there is code of it, perhaps of another processor."""
        return os.path.exists(self._open().index)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        opened = self._open()
        try:
            return opened.load_overload(sig, target_context)
        except Exception:  # a sound file that this numba cannot use, which may raise anything
            with suppress(OSError):
                os.unlink(opened.index)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        opened = self._open()
        try:
            opened.save_overload(sig, data)
        except OSError as error:  # this process has the code in its memory, and goes on with it
            cause, cure = cause_and_cure(error)
            folder = Path(opened.cache_path).parent
            say_once(f"cannot keep compiled kernels in {folder}: {cause}. To keep them: {cure}")

    def _open(self) -> "_InFolder":
        if self._opened is None:
            self._opened = self._opening()
        return self._opened


class _Place(_CacheLocator):  # type: ignore[misc]
    """The folder of a function's code. `name` and `line` tell it from others of the same digest."""

    def __init__(self, digest: str, folder: str, name: str = "", line: int = 0) -> None:
        self._digest, self._folder = digest, folder
        self.name, self.line = name or digest, line

    @classmethod
    def of(cls, function: Any) -> "_Place":
        """Beside the others of its module."""
        code = function.__code__
        name = f"{Path(code.co_filename).stem}.{function.__qualname__}"
        return cls(*_place_of(code.co_filename), name, code.co_firstlineno)

    def ensure_cache_path(self) -> None:
        """It is there, but for one that has been removed, and is not to come again."""

    def get_cache_path(self) -> str:
        return self._folder

    def get_source_stamp(self) -> str:
        return self._digest

    def get_disambiguator(self) -> str:
        return str(self.line)


class _Form(CompileResultCacheImpl):  # type: ignore[misc]
    def __init__(self, place: _Place) -> None:
        # Instead of numba's, which looks for a place by itself, where its own variables say.
        self._lineno = place.line
        self._locator = place
        self._filename_base = self.get_filename_base(place.name, getattr(sys, "abiflags", ""))


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    """numba's index, and its files of machine code, with checksums."""

    def save(self, key: Any, data: Any) -> None:
        """numba would count its files: two processes that compile for images of two types at once
        would write into one."""
        overloads = self._load_index()
        if key not in overloads:
            overloads[key] = self._data_name(
                int(hashlib.sha256(repr(key).encode()).hexdigest()[:12], 16)
            )
            self._save_index(overloads)
        self._save_data(overloads[key], data)

    def _load_index(self) -> dict[Any, str]:
        try:
            found: dict[Any, str] = self._load_data(self._index_name)
            return found
        except OSError:
            return {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._save_data(self._index_name, overloads)

    def _load_data(self, name: str) -> Any:
        """OSError, which numba takes for a file that is not there, where it is not to be used."""
        content = read_own(Path(self._data_path(name)))
        data = content[_CHECKSUM:]
        if not hmac.compare_digest(content[:_CHECKSUM], self._checksum(name, data)):
            raise OSError(f"{name} is damaged")
        return pickle.loads(data)

    def _save_data(self, name: str, data: Any) -> None:
        dumped = self._dump(data)
        write_own(Path(self._data_path(name)), self._checksum(name, dumped) + dumped)

    def _checksum(self, name: str, data: bytes) -> bytes:
        """Of this file of this source: another one that is sound would be wrong here."""
        place = f"{self._source_stamp} {name} ".encode()
        return hashlib.sha256(place + data).digest()


class _InFolder(FunctionCache):  # type: ignore[misc]
    def __init__(self, place: _Place, function: Any) -> None:
        # Instead of numba's, which makes the form of the function alone.
        self._name, self._py_func = repr(function), function
        self._impl = _Form(place)
        self._cache_path = place.get_cache_path()
        self._cache_file = _Files(
            self._cache_path, self._impl.filename_base, place.get_source_stamp()
        )
        self.enable()

    @property
    def index(self) -> str:
        return os.path.join(self.cache_path, f"{self._impl.filename_base}.nbi")


def source_digest(source: bytes) -> str:
    """Of a module with functions to be compiled, and of all that they are linked with."""
    return hashlib.sha256(_compiler_digest() + source).hexdigest()[:24]


@cache
def _place_of(path: str) -> tuple[str, str]:
    """The digest and the folder of a module: that in which it lies, if it has its name. A module of
    ours may have functions of those beside it linked into its own."""
    file = Path(path)
    digest = source_digest(file.read_bytes())
    if file.parent.name == digest:
        return digest, str(file.parent)
    beside = (other.read_bytes() for other in sorted(file.parent.glob("*.py")) if other != file)
    digest = source_digest(b"".join([file.read_bytes(), *beside]))
    return digest, str(kernel_folder(digest))


@cache
def _compiler_digest() -> bytes:
    """Of the sources that kernels, and each other, are linked with; the versions of numba and numpy
    count too."""
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__} {sys.version}".encode())
    for package in (simd, optimizers):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest().encode()


def _forget_places() -> None:
    """In a child, whose temporary cache is another one; see compiler/jit/folders.py."""
    _place_of.cache_clear()


os.register_at_fork(after_in_child=_forget_places)

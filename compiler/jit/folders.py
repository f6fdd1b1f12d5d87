"""Where things that can be made again are kept.

Compiled kernels are code that runs in this process. So the cache is a folder that nobody else can
write to; where there is none, a temporary one serves until this process ends.
"""

import errno
import os
import shutil
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Lock

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean

_ANOTHER = "set LENET_CACHE to a folder that you can write to"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class _Cache:
    """`temporary` is one that is removed when this process ends."""

    folder: Path
    temporary: bool = False


class _Unfit(Exception):
    """Why a folder cannot be used, and what mends it."""

    def __init__(self, folder: Path, cause: str, cure: str) -> None:
        self.folder, self.cause, self.cure = folder, cause, cure


_lock = Lock()
_found: dict[tuple[str | None, ...], _Cache] = {}  # by the variables that decide it
_temporary: Path | None = None
_said: set[str] = set()


def cache_folder() -> Path:
    """`$LENET_CACHE`, or the folder `lenet` in the user's cache folder. It can be written to, and
    by nobody else: failing that, it is a temporary folder. LenetError where there is none."""
    return _cache().folder


def cache_is_temporary() -> bool:
    """Whether the cache is gone when this process has ended."""
    return _cache().temporary


def look_at_cache() -> tuple[Path, str, str]:
    """The folder that the cache should lie in, and why it cannot and what mends that, both "" where
    it can: nothing is said, and nothing else is taken in its place."""
    try:
        return _make_own(_wanted()), "", ""
    except _Unfit as unfit:
        return unfit.folder, unfit.cause, unfit.cure


def kernel_folder(digest: str) -> Path:
    """The cache's folder for the kernels of one source, which is there and can be written to."""
    cache = _cache()
    try:
        _make_own(cache.folder / "kernels")
        return _make_own(cache.folder / "kernels" / digest)
    except _Unfit as unfit:
        if cache.temporary:
            raise _no_folder(unfit) from None
        with _lock:
            _found[_variables()] = cache = _without(unfit)
        return kernel_folder(digest)


def read_own(path: Path) -> bytes:
    """A file's content; OSError unless it is this user's, and nobody else can write to it."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.getuid() or found.st_mode & _OTHERS_WRITE:
            raise PermissionError(errno.EPERM, "others can write to it", str(path))
        return file.read()


def write_own(path: Path, data: bytes) -> None:
    """Write a file for this user alone: as a whole or not at all, since others may be reading or
    writing it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def folder_of_this_process(prefix: str) -> Path:
    """A new folder that nobody else can enter, removed when this process ends; OSError where there
    is no place for one."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    # Not atexit's, which the children of multiprocessing pass by.
    Finalize(None, _remove, (folder,), exitpriority=-10)
    return folder


def say_once(text: str) -> None:
    """A line on standard error, but for one that stood there before."""
    if text not in _said:
        _said.add(text)
        print(f"lenet: {clean(text)}", file=sys.stderr, flush=True)


def cause_and_cure(error: OSError) -> tuple[str, str]:
    """Why the cache cannot be written to, and what to do about it."""
    cause = error.strerror or str(error)
    if error.errno in _FULL:
        return cause, "free some space, or set LENET_CACHE to a folder on another disk"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{cause} for uid {os.getuid()}", _ANOTHER
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return "there is a file where a folder should be", f"remove the file, or {_ANOTHER}"
    return cause, _ANOTHER


def _cache() -> _Cache:
    variables = _variables()
    found = _found.get(variables)
    if found is None:
        with _lock:
            try:
                found = _Cache(_make_own(_wanted()))
            except _Unfit as unfit:
                found = _without(unfit)
            _found[variables] = found
    return found


def _variables() -> tuple[str | None, ...]:
    return tuple(os.environ.get(name) for name in ("LENET_CACHE", "XDG_CACHE_HOME", "HOME"))


def _wanted() -> Path:
    try:
        chosen = os.environ.get("LENET_CACHE")
        if chosen:
            return Path(chosen).expanduser().absolute()
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return (caches / "lenet").absolute()
    except RuntimeError:  # uids of containers may have no entry in /etc/passwd
        cause = f"uid {os.getuid()} has no home folder"
        raise _Unfit(Path("~/.cache/lenet"), cause, _ANOTHER) from None


def _make_own(folder: Path) -> Path:
    """Make a folder if need be; _Unfit where we cannot write to it, or others can."""
    try:
        real = Path(os.path.realpath(folder))  # a link may lead to what is still to be made
        if not real.is_dir():
            real.parent.mkdir(parents=True, exist_ok=True)
            real.mkdir(mode=0o700, exist_ok=True)
        _check_owner(folder, real.stat())
        tempfile.TemporaryFile(dir=real).close()
    except OSError as error:
        raise _Unfit(folder, *cause_and_cure(error)) from None
    return folder


def _check_owner(folder: Path, found: os.stat_result) -> None:
    own = f"set LENET_CACHE to a folder of your own, such as {folder}/{os.getuid()}"
    writable = os.access(folder, os.W_OK)
    if found.st_uid != os.getuid():
        cause = f"it belongs to {_name_of(found.st_uid)}"
        raise _Unfit(folder, cause, own if writable else _ANOTHER)
    if found.st_mode & _OTHERS_WRITE:
        cause = f"others can write to it (mode {stat.S_IMODE(found.st_mode):04o})"
        if found.st_mode & stat.S_ISVTX:  # it is meant for all, like /tmp
            raise _Unfit(folder, cause, own)
        raise _Unfit(folder, cause, f"chmod -R go-w {folder}")


def _name_of(uid: int) -> str:
    try:
        import pwd

        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (ImportError, KeyError):
        return f"uid {uid}"


def _without(unfit: _Unfit) -> _Cache:
    """The temporary folder, which this process makes once."""
    global _temporary
    if _temporary is None:
        try:
            _temporary = folder_of_this_process("lenet-cache-")
        except OSError:
            raise _no_folder(unfit) from None
    say_once(
        f"the cache {unfit.folder} cannot be used: {unfit.cause}. Kernels are kept only until this "
        f"process ends; to keep them longer: {unfit.cure}"
    )
    return _Cache(_temporary, temporary=True)


def _no_folder(unfit: _Unfit) -> LenetError:
    return LenetError(
        "there is no folder for compiled kernels",
        f"{unfit.folder} cannot be used: {unfit.cause}. There is no temporary folder that can be "
        "written to, either.",
        _ANOTHER,
    )


def _remove(folder: Path) -> None:
    for _ in range(20):  # another process that helps to compile may be writing a last file
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def _begin_anew() -> None:
    """A child's temporary folder is its own: its parent may end before it does."""
    global _lock, _temporary
    _lock, _temporary = Lock(), None
    for variables in [key for key, cache in _found.items() if cache.temporary]:
        del _found[variables]


os.register_at_fork(after_in_child=_begin_anew)

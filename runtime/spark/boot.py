"""The first thing that runs in an executor: where it finds these packages.

Spark ships `boot`'s inner function by value, so that nothing needs to be installed there but the
dependencies. It must not use anything of this module, or of any other of ours.
"""

from collections.abc import Callable, Iterator
from typing import Any


def boot(name: str, payload: bytes, archive: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A task that calls NAME, such as `task.train` of runtime/spark, with the batches and with the
    arguments that are pickled in `payload`.

    `archive` is the zip file that the session ships, which is unpacked once a host, into a cache
    that nobody else can write to, as in compiler/folders.py; "" where the packages are at hand.
    """

    def task(batches: Iterator[Any]) -> Iterator[Any]:
        import importlib
        import os
        import pickle
        import shutil
        import sys
        import tempfile
        import zipfile

        def own(folder: str) -> str:
            """Make it if need be; OSError where it is not ours alone."""
            os.makedirs(os.path.realpath(folder), 0o700, exist_ok=True)
            found = os.stat(folder)
            if found.st_uid != os.getuid():
                raise PermissionError(f"it belongs to uid {found.st_uid}")
            if found.st_mode & 0o022:
                mode = f"{found.st_mode & 0o7777:04o}"
                raise PermissionError(f"mode {mode}, others can write: chmod -R go-w {folder}")
            return folder

        def unpack(cache: str) -> str:
            own(cache)
            folder = os.path.join(own(os.path.join(cache, "code")), archive.removesuffix(".zip"))
            if not os.path.isdir(folder):
                fresh = tempfile.mkdtemp(dir=os.path.dirname(folder))
                with zipfile.ZipFile(SparkFiles.get(archive)) as file:
                    file.extractall(fresh)
                try:
                    os.rename(fresh, folder)
                except OSError:  # another task was faster
                    shutil.rmtree(fresh, ignore_errors=True)
            return folder

        if archive:
            from pyspark import SparkFiles

            chosen, home = os.environ.get("LENET_CACHE", ""), os.path.expanduser("~")
            usual = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
            last = os.path.join(SparkFiles.getRootDirectory(), "lenet")  # gone with the session
            caches = [os.path.expanduser(chosen) or os.path.join(usual, "lenet"), last]
            for cache in [os.path.abspath(path) for path in caches if path[:1] != "~"]:
                try:
                    folder = unpack(cache)
                    os.environ["LENET_CACHE"] = cache
                    break
                except OSError as error:
                    failure = error
                    line = f"lenet: the cache {cache} cannot be used: {error.strerror or error}; "
                    line += "else set LENET_CACHE to a folder of your own"
                    print(ascii(line)[1:-1], file=sys.stderr, flush=True)
            else:
                raise failure
            if folder not in sys.path:
                sys.path.insert(0, folder)
        module, _, function = name.partition(".")
        work = getattr(importlib.import_module(f"runtime.spark.{module}"), function)
        yield from work(batches, *pickle.loads(payload))

    return task

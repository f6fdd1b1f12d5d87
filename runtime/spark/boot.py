"""The first thing that runs in an executor: where it finds lenet.

Spark ships `boot`'s inner function by value, so that nothing needs to be installed there but the
dependencies. It must not use anything of this module, or of any other of ours.
"""

from collections.abc import Callable, Iterator
from typing import Any


def boot(name: str, payload: bytes, code: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A task that calls NAME, such as `task.train` of runtime/spark, with the batches and with the
    arguments that are pickled in `payload`.

    `code` is the folder that holds the package `lenet`, where that is at hand; else the zip file
    that the session ships, which is unpacked once a host, into a cache that nobody else can write
    to, as in compiler/jit/folders.py. It is taken from there and nowhere else: a working folder, or
    the files that a session ships, may well hold another of the same name.
    """

    def task(batches: Iterator[Any]) -> Iterator[Any]:
        import importlib.util
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
            folder = os.path.join(own(os.path.join(cache, "code")), code.removesuffix(".zip"))
            if not os.path.isdir(folder):
                fresh = tempfile.mkdtemp(dir=os.path.dirname(folder))
                try:
                    with zipfile.ZipFile(SparkFiles.get(code)) as file:
                        file.extractall(fresh)
                    os.rename(fresh, folder)
                except OSError:
                    shutil.rmtree(fresh, ignore_errors=True)
                    if not os.path.isdir(folder):  # no other task was faster: the disk is full
                        raise
            return folder

        def bind() -> None:
            place = os.path.join(folder, "lenet")
            loaded = sys.modules.get("lenet")
            if loaded is None:
                where = os.path.join(place, "__init__.py")
                spec = importlib.util.spec_from_file_location(
                    "lenet", where, submodule_search_locations=[place]
                )
                assert spec is not None and spec.loader is not None
                sys.modules["lenet"] = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(sys.modules["lenet"])
            elif place not in map(os.path.abspath, getattr(loaded, "__path__", ())):
                where = getattr(loaded, "__file__", None) or "elsewhere"
                raise ImportError(
                    "lenet is hidden by a module of the same name that this Spark worker has "
                    f"loaded already, from {where}: rename that one"
                )

        folder = code
        if code.endswith(".zip"):
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
        bind()
        module, _, function = name.partition(".")
        work = getattr(importlib.import_module(f"lenet.runtime.spark.{module}"), function)
        yield from work(batches, *pickle.loads(payload))

    return task

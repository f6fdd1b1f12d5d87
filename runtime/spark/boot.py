"""The first thing that runs in an executor: where it finds these packages.

Spark ships `boot`'s inner function by value, so that nothing needs to be installed there but the
dependencies. It must not use anything of this module, or of any other of ours.
"""

from collections.abc import Callable, Iterator
from typing import Any


def boot(name: str, payload: bytes, archive: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A task that calls NAME, such as `task.train` of runtime/spark, with the batches and with the
    arguments that are pickled in `payload`.

    `archive` is the zip file that the session ships, which is unpacked once a host; "" where the
    packages are at hand.
    """

    def task(batches: Iterator[Any]) -> Iterator[Any]:
        import importlib
        import os
        import pickle
        import shutil
        import sys
        import tempfile
        import zipfile

        if archive:
            from pyspark import SparkFiles

            caches = (
                os.environ.get("LENET_CACHE", ""),
                os.path.join(os.path.expanduser("~"), ".cache", "lenet"),
                os.path.join(SparkFiles.getRootDirectory(), "lenet"),  # gone with the session
            )
            for cache in filter(None, caches):
                folder = os.path.join(cache, "code", archive.removesuffix(".zip"))
                try:
                    if not os.path.isdir(folder):
                        os.makedirs(os.path.dirname(folder), exist_ok=True)
                        fresh = tempfile.mkdtemp(dir=os.path.dirname(folder))
                        with zipfile.ZipFile(SparkFiles.get(archive)) as file:
                            file.extractall(fresh)
                        try:
                            os.rename(fresh, folder)
                        except OSError:  # another task was faster
                            shutil.rmtree(fresh, ignore_errors=True)
                    os.environ.setdefault("LENET_CACHE", cache)
                    break
                except OSError as error:
                    failure = error
            else:
                raise failure
            if folder not in sys.path:
                sys.path.insert(0, folder)
        module, _, function = name.partition(".")
        work = getattr(importlib.import_module(f"runtime.spark.{module}"), function)
        yield from work(batches, *pickle.loads(payload))

    return task

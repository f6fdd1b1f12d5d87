"""The parent of Spark's Python workers, in sessions of ours on this machine: pyspark.daemon.

Spark would have it, and each worker, read pyspark from a zip file, which Python compiles anew each
time: a second of work. The same modules lie in the package, compiled.
"""

import os
import sys
from importlib.machinery import PathFinder


def without_zip_files(search: list[str], home: str) -> list[str]:
    """A search path without Spark's zip files, where pyspark, and what it needs, are found without
    them and are those of Spark's `home`; else as it is."""
    zipped = os.path.join(home, "python", "lib", "")
    kept = [path for path in search if not path.startswith(zipped)]
    found, py4j = (PathFinder.find_spec(name, kept) for name in ("pyspark", "py4j"))
    if py4j is None or found is None or found.origin is None:
        return search
    same = os.path.realpath(os.path.dirname(found.origin)) == os.path.realpath(home)
    return kept if same else search


if __name__ == "__main__":
    sys.path[:] = without_zip_files(sys.path, os.environ.get("SPARK_HOME", ""))
    from pyspark.daemon import manager

    manager()

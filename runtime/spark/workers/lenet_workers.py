"""The parent of Spark's Python workers, in sessions of ours on this machine: pyspark.daemon.

Spark would have it, and each worker, read pyspark from a zip file, which Python compiles anew each
time: a second of work. The same modules lie in the package, compiled.

Spark starts it with the first task. `lenet.runtime.spark.workers_ahead` starts another process of
it before, which loads what a training needs while Java starts. What Spark starts then hands over to
that one, and ends with it; where there is none, it does the work itself.
"""

import gc
import json
import os
import pickle
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from select import select

_NEEDED = (  # the last one by pyarrow, for whatever becomes an array
    "lenet.runtime.spark.task", "lenet.runtime.training.kept", "pyspark.worker", "pandas",
)  # fmt: skip


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


def hand_over(place: str) -> bool:
    """Let the process that listens at `place` do the work, and wait for its end; False where there
    is none."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(place)
            os.unlink(place)  # it does so once
            known = {"path": sys.path, "arguments": sys.argv, "variables": dict(os.environ)}
            data = json.dumps(known).encode()
            socket.send_fds(line, [len(data).to_bytes(8, "little")], [0, 1, 2])
            line.sendall(data)
            other = int(line.recv(16))
        except (OSError, ValueError):
            return False
        # Spark ends it by this signal, or by the end of its input, which is the other's now.
        signal.signal(signal.SIGTERM, lambda *_: os.kill(other, signal.SIGTERM))
        line.recv(1)
    return True


def wait_ahead(place: str, package: str) -> None:
    """Load what a training needs, and then the kernels that the standard input names; take over as
    soon as Spark asks, and end where that is closed before."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen(1)
        _load(package)
        waiting = [0, door.fileno()]
        while door.fileno() not in (ready := select(waiting, [], [])[0]):
            if ready and not _load_kernels():
                return
        line = door.accept()[0]
    length, handles, _, _ = socket.recv_fds(line, 8, 3)
    with line.makefile("rb") as file:
        known = json.loads(file.read(int.from_bytes(length, "little")))
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(known["variables"])
    sys.path[:], sys.argv[:] = known["path"], known["arguments"]
    line.sendall(str(os.getpid()).encode())
    gc.freeze()  # what is here stays, and workers have it in common
    manage()


def _load(package: str) -> None:
    """The modules of a task, as the function in runtime/spark/boot.py finds them."""
    where = os.path.join(package, "__init__.py")
    spec = spec_from_file_location("lenet", where, submodule_search_locations=[package])
    assert spec is not None and spec.loader is not None
    sys.modules["lenet"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["lenet"])
    gc.disable()  # modules are no garbage
    for name in _NEEDED:
        import_module(name)
    gc.enable()


def _load_kernels() -> bool:
    """Those of a net that the input names; False at its end."""
    length = int.from_bytes(sys.stdin.buffer.read(8), "little")
    if not length:
        return False
    from lenet.runtime.training.kept import load_kept

    with suppress(Exception):  # the training tells of it
        load_kept(*pickle.loads(sys.stdin.buffer.read(length)))
    return True


def manage() -> None:
    """What pyspark.daemon does."""
    from pyspark.daemon import manager

    manager()


if __name__ == "__main__":
    if sys.argv[1] == "--ahead":
        wait_ahead(*sys.argv[2:])
    else:
        sys.path[:] = without_zip_files(sys.path, os.environ.get("SPARK_HOME", ""))
        if not hand_over(os.environ.get("LENET_WORKERS", "")):
            manage()

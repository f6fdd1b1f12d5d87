"""A second process that compiles some of the kernels, since numba compiles one at a time.

It writes into the cache, from which the first process takes them. It is a help, not a need: where
it cannot start, or fails, the first process compiles everything itself.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

from numba import types

SHARES = 2
KERNELS, EXACT, PREDICT, SINGLE = 1, 2, 3, 4  # the parts of its work, in this order
_LEAST = 10  # kernels; with fewer, a process takes longer to start than to help
_ARRAYS = ("arena", "weights", "gradient", "batch")


class Helper:
    """The helping process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.done = 0  # parts of its work

    @classmethod
    def start(cls, path: Path, module: ModuleType, exact: Sequence[str]) -> "Helper | None":
        """It also compiles some functions of compiler/exact.py. None where it would not help: for
        few kernels, on a single core, without a process."""
        if len(_kernels(module)) < _LEAST or _cores() < SHARES or not sys.executable:
            return None
        root = str(Path(__file__).parents[1])
        search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", "compiler.helper", str(path), module.__name__, *exact]
        try:
            # Its standard input is open for as long as we live.
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, env={**os.environ, "PYTHONPATH": search},
            )  # fmt: skip
        except OSError:
            return None
        return cls(process)

    def wait_for(self, part: int) -> None:
        """Until a part of its work is in the cache, or it has failed."""
        assert self.process.stdout is not None
        while self.done < part and self.process.stdout.readline():
            self.done += 1


def compile_share(module: ModuleType, share: int) -> None:
    """Compile every second kernel of training, the longest first."""
    for kernel in _kernels(module)[share::SHARES]:
        kernel.compile(_signature(kernel))


def _kernels(module: ModuleType) -> list[Any]:
    """What training calls and can be compiled by itself, in the same order in each process."""
    names = module.train_slice.py_func.__code__.co_names
    found = [k for name in names if (k := getattr(module, name, None)) and _signature(k)]
    return sorted(found, key=lambda k: (-len(k.py_func.__code__.co_code), k.__name__))


def _signature(kernel: Any) -> tuple[types.Type, ...]:
    """Of a kernel whose arguments are our arrays and offsets; () for other functions."""
    code = getattr(getattr(kernel, "py_func", None), "__code__", None)
    if code is None or code.co_varnames[:1] != ("arena",):
        return ()
    names = code.co_varnames[: code.co_argcount]
    if set(names) & {"pixels", "rows", "labels", "outputs", "key"}:
        return ()
    floats = types.Array(types.float32, 1, "C")
    kinds = dict.fromkeys(_ARRAYS, floats) | {"sums": types.Array(types.float64, 1, "C")}
    return tuple(kinds.get(name, types.int64) for name in names)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def main(path: str, name: str, *exact: str) -> None:
    from compiler.cache import compile_exact, import_kernels, quick_optimization, signature_of

    Thread(target=_end_with_parent, daemon=True).start()
    module = import_kernels(Path(path), name)
    with quick_optimization():
        compile_share(module, 1)
    print(KERNELS, flush=True)
    compile_exact(exact)
    print(EXACT, flush=True)
    with quick_optimization():
        module.predict_slice.compile(signature_of(module.predict_slice))
        print(PREDICT, flush=True)
        module.predict_single.compile(signature_of(module.predict_single))
        print(SINGLE, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
